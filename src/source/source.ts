// A source of posts. Its implementations stand beside it, one per file, and pass test/contract/source.ts.

import type { Post } from '../base/post.ts';
import type { UserError } from '../base/user-error.ts';
import type { Track } from '../track/track.ts';

export type SourceState =
  /** Nobody tracks anything, so nothing runs. */
  | { readonly name: 'idle' }
  | { readonly name: 'connecting' }
  /** Posts come in as they are made. */
  | { readonly name: 'live' }
  /** It could not go on, and tries again by itself. `until` is in milliseconds since 1970. */
  | { readonly name: 'waiting'; readonly reason: string; readonly until: number }
  /** It does not go on by itself, or not before `until`. */
  | { readonly name: 'paused'; readonly reason: string; readonly until?: number };

export interface Source {
  /** The value of `Post.source`, and what a user calls it: `--source replay`. */
  readonly name: string;
  readonly state: SourceState;
  /**
   * Makes `tracks` what the upstream delivers, from now on; with none, the source stops and is idle,
   * at once or some seconds later. The last call wins; calls may come many a second. The set is live: it
   * goes on changing under the source, which is called again for every change.
   * MUST NOT reconnect for it where the upstream can change what it sends on a live connection.
   * MUST NOT connect more often than the source's own schedule of retries allows, however often nothing
   * is wanted in between: see `lingering`, and keep the schedule over a stop.
   * MUST NOT deliver a post before it returns.
   */
  want(tracks: ReadonlySet<Track>): void;
  /** Only of a source that is paid for by the post. */
  readonly usage?: Usage | undefined;
  /** Stops for good. Nothing reaches the sink once the promise has resolved. */
  close(options?: CloseOptions): Promise<void>;
}

export interface CloseOptions {
  /** Another process goes on at once: what it will want upstream, such as rules, is left there. */
  readonly handOver?: boolean;
}

/** What has been read of a paid source in the current UTC day. */
export interface Usage {
  readonly postsToday: number;
  /** Posts that may be read a day. */
  readonly allowance: number | 'none';
  /** What `postsToday` cost, in US dollars. */
  readonly costToday: number;
  /** When the next day begins, in milliseconds since 1970. */
  readonly resetsAt: number;
}

/** Where a source delivers. */
export interface SourceSink {
  /** A post, each once, never a repost; more of them than are wanted do no harm. */
  post(post: Post): void;
  /** An upstream record that could not be used: `reason` says where it stood and what was wrong. */
  bad(reason: string): void;
  /** A post that was delivered before, and is not delivered again. */
  repeated(): void;
  /**
   * The upstream cannot deliver `track` as well: it is no longer wanted, and its listeners are told
   * `error`. MUST NOT be called before the `want` that brought it has returned.
   */
  rejected(track: Track, error: UserError): void;
  /** After every change of `Source.state`, and only then. */
  state(state: SourceState): void;
}
