// The contract of looking back: questions about the past of a topic, and their answers. src/history implements it.

import type { Position } from '../base/position.ts';
import type { UserError } from '../base/user-error.ts';
import type { HashtagCount } from '../sentiment/analysis.ts';
import type { Track } from '../track/track.ts';

/** How long a bucket of each size lasts, in milliseconds. Buckets begin at multiples of it since 1970. */
export const BUCKETS = { MINUTE: 60_000, TEN_MINUTES: 600_000, HOUR: 3_600_000 } as const;
export type BucketSize = keyof typeof BUCKETS;

export interface SourceCount {
  readonly source: string;
  readonly posts: number;
}

export interface Bucket {
  /** In milliseconds since 1970. */
  readonly start: number;
  readonly positive: number;
  readonly negative: number;
  readonly neutral: number;
  /** Null without posts. */
  readonly meanScore: number | null;
  /** The TOP_HASHTAGS most frequent ones, each with the number of posts that have it; most frequent first, then by name. */
  readonly hashtags: readonly HashtagCount[];
  /** The source with the most posts first, then by name. */
  readonly bySource: readonly SourceCount[];
  /** Whether all posts of the bucket were counted; those until now, if it has not ended. */
  readonly isComplete: boolean;
}

export interface History {
  /** Every bucket of the span, oldest first. */
  readonly buckets: readonly Bucket[];
  /** Older buckets of this size have been deleted. In milliseconds since 1970. */
  readonly retainedFrom: number;
  /** The position of the last event that is counted. A listener can begin after it. */
  readonly end: Position;
}

export interface LookBack {
  /**
   * The buckets of `track` that have a part of the span from `from` until before `to`, in milliseconds since 1970.
   * Without `to`, the span includes every event until now, and each event after `end` comes later.
   * Resolves with a UserError when too many questions wait.
   */
  history(
    track: Track,
    from: number,
    to: number | undefined,
    size: BucketSize,
  ): Promise<History | UserError>;
}
