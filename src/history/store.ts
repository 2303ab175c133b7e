// The contract of a store, which keeps what was counted of each topic in each minute, and sums it up to longer buckets.
// Implementations stand beside it and pass test/contract/store.ts.

import type { Position } from '../base/position.ts';
import type { BucketSize } from '../stream/history.ts';

export const MINUTE = 60_000;
/** How many scores of 1 a sum of scores has for each post of score 1. Whole numbers add up exactly, in any order. */
export const SCORE_SCALE = 10_000;

export type HashtagPosts = readonly [tag: string, posts: number];

/** The posts of one source. */
export interface Counts {
  readonly source: string;
  readonly positive: number;
  readonly negative: number;
  readonly neutral: number;
  /** The sum of all scores, times SCORE_SCALE: a whole number. */
  readonly score: number;
  /** Most frequent first, then by name. Rare ones may be missing. */
  readonly hashtags: readonly HashtagPosts[];
}

export interface TopicCounts extends Counts {
  /** The canonical form of the track. */
  readonly topic: string;
}

/** What one feed counted in one minute, whichever node it ran on. */
export interface MinuteBatch {
  /** The start of the minute, in milliseconds since 1970. */
  readonly minute: number;
  /** The position of the last event that is counted. Two batches with the same minute and end are the same. */
  readonly end: Position;
  /** Topics without posts have none, others one for each source. */
  readonly counts: Iterable<TopicCounts>;
  /**
   * Topics whose posts of the minute before this one were all counted. A source may take half a minute to
   * notice that it has lost its upstream, so only a later minute knows that one was complete.
   */
  readonly complete: Iterable<string>;
}

/** A batch that can be read more than once. */
export interface WholeBatch extends MinuteBatch {
  readonly counts: readonly TopicCounts[];
  readonly complete: readonly string[];
}

export interface Span {
  readonly topic: string;
  readonly size: BucketSize;
  /** From this bucket until before that one; both in milliseconds since 1970, and multiples of the size. */
  readonly from: number;
  readonly to: number;
}

/** From the first time until before the second, in milliseconds since 1970. */
export type Interval = readonly [from: number, to: number];

/** What a store knows of a span. */
export interface Stored {
  /** Only buckets with posts, oldest first; one for each source. */
  readonly counts: readonly (Counts & { readonly start: number })[];
  /** When every post was counted and is still kept. Oldest first, apart from each other. */
  readonly complete: readonly Interval[];
  /** Buckets of this size that begin earlier have been deleted. */
  readonly retainedFrom: number;
}

/** How long buckets of each size are kept, in milliseconds. */
export type Retention = Readonly<Record<BucketSize, number>>;

export interface StoreState {
  /** Why the store does not work as it should, as a sentence for a person. */
  readonly problem?: string | undefined;
  /** Times that the store could not do what it was asked, since the start. */
  readonly faults: number;
  /** What the counts take, in memory or on the disk. */
  readonly bytes: number;
}

export interface Store {
  readonly state: StoreState;
  /**
   * Keeps a batch, all of it or nothing. Batches of one minute add up, and a batch that comes again changes nothing.
   * MUST NOT block the event loop for more than 5 ms, whatever the size of the batch: it reads the batch bit by bit.
   * MUST NOT throw: a batch that cannot be kept shows in `state`, and its minute is not complete.
   */
  append(batch: MinuteBatch): void;
  /** What is known of a span by the batches that were appended before the call. MUST NOT reject. */
  read(span: Span): Promise<Stored>;
  /** Keeps what was appended, and ends. */
  close(): Promise<void>;
}

/** The answer of a store that knows nothing. */
export const NOTHING: Stored = {
  counts: [],
  complete: [],
  retainedFrom: 0,
};
