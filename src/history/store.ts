// The contract of a store, which keeps what was counted of each topic in each minute, and sums it up to longer buckets.
// Implementations stand beside it and pass test/contract/store.ts.

import type { Position } from '../base/position.ts';
import type { BucketSize } from '../stream/history.ts';
import type { CountMessage } from './count-message.ts';

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
  readonly counts: readonly TopicCounts[];
  /**
   * Topics whose posts of the minute before this one were all counted. A source may take half a minute to
   * notice that it has lost its upstream, so only a later minute knows that one was complete.
   */
  readonly complete: readonly string[];
}

/** The minute that ends now. The counter makes a batch of it. */
export interface EndedMinute extends Pick<MinuteBatch, 'minute' | 'end'> {
  /** Topics whose posts of the minute before were all counted: the slots of those still followed, the names of the others. */
  readonly complete: Uint32Array;
  readonly completeClosed: readonly string[];
}

/** Counts the events of topics in the running minute. A topic has a slot, a small number, for as long as it is followed. */
export interface Counter {
  follow(slot: number, topic: string): void;
  /** The topic of the slot is not followed any more. What was counted stays, and another topic may get the slot. */
  leave(slot: number): void;
  /** Slots that no topic has are not counted. */
  count(message: CountMessage): void;
  /** Forgets what was counted in this minute. */
  forget(): void;
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

/** What a store knows of a span, and of the running minute. */
export interface Known extends Stored {
  /**
   * What was counted of the topic in the running minute: one or more for each source. Undefined if the store has failed,
   * and may lack the minute before as well.
   */
  readonly running: readonly Counts[] | undefined;
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

/** No method may throw, or block the event loop for more than 5 ms. */
export interface Store extends Counter {
  readonly state: StoreState;
  /**
   * Ends the running minute, and keeps its batch as `append` does. With `share`, resolves with messages for other nodes,
   * which say that the batch follows the one with the end `previous`; otherwise, or if that fails, with none.
   */
  end(ended: EndedMinute, share?: Share): Promise<readonly Uint8Array[]>;
  /**
   * Keeps a batch of another node, all of it or nothing. Batches of one minute add up, and a batch that comes again changes
   * nothing. One that cannot be kept shows in `state`, and its minute is not complete.
   */
  append(batch: MinuteBatch): void;
  /** What is known of a span by everything that came before the call. MUST NOT reject. */
  read(span: Span): Promise<Known>;
  /** Keeps what was appended and ended, and ends. */
  close(): Promise<void>;
}

export interface Share {
  readonly previous: Position | undefined;
}

/** The answer of a store that knows nothing. */
export const NOTHING: Known = {
  counts: [],
  running: undefined,
  complete: [],
  retainedFrom: 0,
};
