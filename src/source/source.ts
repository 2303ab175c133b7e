// The contract of a source of posts. Implementations stand beside it and pass test/contract/source.ts.

import type { Post } from '../base/post.ts';
import type { UserError } from '../base/user-error.ts';
import { isAt, type Track } from '../track/track.ts';

/** `until` is in milliseconds since 1970, and `reason` is a sentence for a person, without its full stop. */
export type SourceState =
  /** Nothing is wanted, so nothing runs. */
  | { readonly name: 'idle' }
  | { readonly name: 'connecting' }
  /** Posts arrive as they are published. */
  | { readonly name: 'live' }
  /** The source tries again by itself, at `until`. */
  | { readonly name: 'waiting'; readonly reason: string; readonly until: number }
  /** The source goes on at `until`. Without `until`, it does not go on by itself. */
  | { readonly name: 'paused'; readonly reason: string; readonly until?: number };

/** What a source tells of itself. */
export interface SourceStatus {
  /** The value of `Post.source`, and a value of the option `--source`. */
  readonly name: string;
  readonly state: SourceState;
  /** Only for a source that charges by the post. */
  readonly usage?: Usage | undefined;
  /** The sources that this one merges, if it does. */
  readonly parts?: readonly SourceStatus[] | undefined;
  /** The wanted tracks that a part cannot deliver, while others do. */
  readonly rejections?: readonly Rejection[] | undefined;
}

export interface Rejection {
  /** In canonical form. */
  readonly track: string;
  /** The name of the part. */
  readonly source: string;
  /** A sentence for a person. */
  readonly reason: string;
}

/** The parts of a source that merges others; any other source is its own only part. */
export function partsOf(source: Source): readonly Source[];
export function partsOf(source: SourceStatus): readonly SourceStatus[];
export function partsOf(source: SourceStatus): readonly SourceStatus[] {
  return source.parts ?? [source];
}

/** Whether every part that follows `track` is live, so that no post is missing. Idle parts do not count. */
export function isWhole(source: SourceStatus, track: Track): boolean {
  const running = partsOf(source).filter(
    ({ name, state }) => isAt(track, name) && state.name !== 'idle',
  );
  return running.length > 0 && running.every(({ state }) => state.name === 'live');
}

/** A set of tracks, whatever keeps it. */
export interface Tracks extends Iterable<Track> {
  readonly size: number;
  has(track: Track): boolean;
  /** How many of them are followed at a source; needed unless all are followed at all sources. */
  countAt?(source: string): number;
}

export interface Source extends SourceStatus {
  /** Whether the terms of the source allow clients to get the texts of its posts. */
  readonly isTextPublic: boolean;
  readonly parts?: readonly Source[] | undefined;
  /**
   * Makes the upstream deliver `tracks` from now on. The last call wins, and calls may come many times a
   * second. The set is live: the caller changes it, and calls again after each change.
   *
   * With no tracks, the source MUST become idle, at once or a few seconds later.
   * MUST NOT deliver a post before it returns.
   * MUST NOT reconnect where the upstream can change what it sends on a live connection.
   * MUST NOT retry sooner than its schedule allows, even if it was idle meanwhile.
   */
  want(tracks: Tracks): void;
  /** Stops the source for good. The sink MUST NOT be called after the promise has resolved. */
  close(options?: CloseOptions): Promise<void>;
}

export interface CloseOptions {
  /** Another node takes over at once, so what it will want upstream, such as rules, SHOULD stay there. */
  readonly handOver?: boolean;
}

/** What was read from a paid source in the current UTC day and month. */
export interface Usage {
  readonly postsToday: number;
  /** The limit of posts a day. */
  readonly allowance: number | 'none';
  /** Paid estimates of how many posts a track would bring. */
  readonly estimatesToday: number;
  /** At the rate of the last hour. Undefined while no posts can come. */
  readonly postsPerDay?: number | undefined;
  /** The price of today's posts and estimates, in US dollars. */
  readonly costToday: number;
  /** When the next day begins, in milliseconds since 1970. */
  readonly resetsAt: number;
  readonly postsThisMonth: number;
  /** The limit of posts a month. */
  readonly monthlyAllowance: number | 'none';
  /** When the next month begins, in milliseconds since 1970. */
  readonly monthResetsAt: number;
}

/** What a track would bring and cost at a source that charges by the post. */
export interface Estimate {
  /** As many posts a day as the last seven days had; undefined if that cannot be known. */
  readonly postsPerDay?: number | undefined;
  /** In US dollars. */
  readonly costPerDay?: number | undefined;
  /** The share of these posts that open topics bring anyway, from 0 to 1; undefined if that cannot be known. */
  readonly paidShare?: number | undefined;
  /** How many posts may still be read today; undefined without a limit. */
  readonly postsLeft?: number | undefined;
  /** How long these last for this topic and those that are open, in seconds. */
  readonly lastsSeconds?: number | undefined;
  /** Why something is not known, as a sentence for a person without its full stop. */
  readonly reason?: string | undefined;
}

/** Always resolves. */
export type Estimator = (track: Track) => Promise<Estimate>;

/** Where a source delivers. One that merges others passes the name of the part that reports as `source`. */
export interface SourceSink {
  /** MUST be called once for each post, and MUST NOT be called for a repost. Unwanted posts do no harm. */
  post(post: Post): void;
  /** An upstream post could not be read. `reason` says where it stood and what was wrong. */
  bad(reason: string, source?: string): void;
  /** The upstream sent a post again that was delivered before. */
  repeated(source?: string): void;
  /** The upstream deleted the post with this id. It may be called for a post that was never delivered. */
  deleted(id: string, source?: string): void;
  /** Posts may be missing before the next one, of any track. */
  gap(source?: string): void;
  /**
   * Whether listeners of this node are so far behind that events for them will soon be dropped. A source that catches
   * up SHOULD then slow down, and MUST NOT stop: one slow listener must not keep posts from all others. A live post
   * MUST NOT wait. Listeners of other nodes do not count, because a node cannot see how far they are behind.
   */
  isBehind?(): boolean;
  /**
   * The upstream cannot deliver `track`. The source drops it, and its listeners get `error`.
   * MUST NOT be called before the `want` that brought the track has returned.
   */
  rejected(track: Track, error: UserError): void;
  /** MUST be called after every change of `Source.state`, of this source or of a part, and only then. */
  state(state: SourceState, source?: string): void;
}
