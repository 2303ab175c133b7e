// The contract of a feed, which delivers the events of tracks that have listeners. One feed makes them in this process
// (ingest). The other may get them from another node (cluster). Both pass test/contract/feed.ts.

import type { PostKey } from '../base/post.ts';
import type { UserError } from '../base/user-error.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { SourceStatus } from '../source/source.ts';
import type { Track } from '../track/track.ts';
import type { ClusterState } from './cluster-state.ts';
import type { SourceCounters } from './counters.ts';
import type { PastReader, Start } from './recorder.ts';

/** Delivers events to outlets of type `T`, which mean nothing to the feed. */
export interface Feed<T> {
  /** The source of the posts, whichever node reads it. */
  readonly source: SourceStatus;
  /** What this process has read from each source since the start. */
  readonly counters: SourceCounters;
  /** The state of this node and its peers. A feed without other nodes has none. */
  readonly cluster?: ClusterState;
  /** The canonical forms of the tracks that any node follows. */
  readonly openTracks: Pick<ReadonlyMap<string, unknown>, 'has' | 'keys'>;
  /**
   * Delivers the events of `track` to `outlet` from now on. The caller MUST NOT open an open track again.
   * MUST NOT call the sink before it returns.
   */
  open(track: Track, outlet: T): void;
  /** Undoes `open`, with the same object. MUST NOT deliver anything of `track` once it has returned. */
  close(track: Track): void;
  /**
   * Calls `then` with a reader of the past of `track`, which must be open: now, or once other nodes were asked for what
   * they keep of it. MUST call it within seconds, whatever they answer.
   */
  read(track: Track, start: Start, then: (reader: PastReader) => void): void;
  /**
   * Lets another node read the source, for good. This feed goes on, fed by that node.
   * A feed without other nodes has no such method.
   */
  handOver?(): Promise<void>;
  /** Ends the feed for good. MUST NOT call the sink once the promise has resolved. */
  stop(): Promise<void>;
}

/** Where a feed delivers. */
export interface FeedSink<T> {
  /** An event that matches the tracks opened with `outlets`. MUST deliver each track's events in order, each once. */
  event(event: SentimentEvent, outlets: readonly T[]): void;
  /** Events may be missing before the next one for `outlet`. MUST be called before that event is delivered. */
  gap(outlet: T): void;
  /** The source has deleted a post. Its events MUST NOT be sent any more. */
  deleted(post: PostKey): void;
  /**
   * The feed cannot follow `track`. The sink closes it, and its listeners get `error`.
   * MUST NOT be called before the `open` that brought it has returned.
   */
  rejected(track: Track, error: UserError): void;
}
