// A feed brings the events of the tracks that somebody listens to. Whether they are made in this process
// (ingest) or come from another node (cluster) is its own affair: local delivery knows nothing of nodes.

import type { UserError } from '../base/user-error.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { Source } from '../source/source.ts';
import type { Track } from '../track/track.ts';
import type { ClusterState } from './cluster-state.ts';

/** Brings events to outlets: `T` is whatever its owner hands them on by, and means nothing to the feed. */
export interface Feed<T> {
  /** The stream of posts that the events are made of, wherever it is read. */
  readonly source: Pick<Source, 'name' | 'state' | 'usage'>;
  /** What this process has read of it; counted since the start. */
  readonly counters: Readonly<PostCounters>;
  /** How this node and the others stand; none of a feed that knows of no others. */
  readonly cluster?: ClusterState;
  /**
   * Brings the events of `track` to `outlet` from now on. A track that is open MUST NOT be opened again.
   * MUST NOT deliver before it returns.
   */
  open(track: Track, outlet: T): void;
  /** Undoes `open`: nothing of `track` comes once this has returned. */
  close(track: Track): void;
  /** Ends for good. Nothing reaches the sink once the promise has resolved. */
  stop(): Promise<void>;
}

/** Where a feed delivers. */
export interface FeedSink<T> {
  /** An event of all the tracks that were opened with `outlets`: of each in order, and once. */
  event(event: SentimentEvent, outlets: readonly T[]): void;
  /** Events may be missing between the last one for `outlet` and the next. */
  gap(outlet: T): void;
  /**
   * `track` cannot be followed: its listeners are told `error`, and its owner closes it.
   * MUST NOT be called before the `open` that brought it has returned.
   */
  rejected(track: Track, error: UserError): void;
}

export interface PostCounters {
  /** Posts that the source delivered. */
  postsSeen: number;
  /** Posts that matched at least one track. */
  postsMatched: number;
  /** Upstream records that could not be used. */
  postsBad: number;
  /** Posts that the source sent more than once; counted for each repeat, and not seen again. */
  postsRepeated: number;
  /** Posts with a text longer than MAX_TEXT: the rest of it was not read. */
  postsTruncated: number;
}

export function postCountersAtZero(): PostCounters {
  return { postsSeen: 0, postsMatched: 0, postsBad: 0, postsRepeated: 0, postsTruncated: 0 };
}
