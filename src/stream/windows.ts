// The contract of windows: what the posts of a track were like over the last span of time, said again and again.
// src/history implements it.

import type { UserError } from '../base/user-error.ts';
import type { HashtagCount } from '../sentiment/analysis.ts';
import type { Track } from '../track/track.ts';
import type { SourceCount } from './history.ts';

/** The posts of a track from `from` up to `to`, which is not part of it. Times are in milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
  /** Whether each post that the source had is counted. */
  readonly isComplete: boolean;
  /** In the parts of the span in which each post is counted; undefined if there are none. */
  readonly postsPerMinute: number | undefined;
  /** Posts by polarity index: positive, negative, neutral. */
  readonly counts: readonly [number, number, number];
  readonly scoreSum: number;
  /** The source with the most posts first, then by name. */
  readonly bySource: readonly SourceCount[];
  /** The TOP_HASHTAGS most frequent ones, each with the number of posts that have it; most frequent first, then by name. */
  readonly hashtags: readonly HashtagCount[];
}

/** Immutable, and the same object for every listener. */
export interface TrackWindow extends Span {
  /** The span before this one. */
  readonly previous: Span;
  readonly isSpike: boolean;
}

/** What a client may ask for, in seconds. */
export const SPAN = { least: 60, most: 86_400, usual: 300 };
export const EVERY = { least: 1, most: 3600, usual: 5 };
/** The hashtags that a window has, and a bucket of the past. */
export const TOP_HASHTAGS = 20;

export interface WindowRequest {
  readonly track: Track;
  /** What a window covers, in seconds. */
  readonly span: number;
  /** From one window to the next, in seconds. */
  readonly every: number;
}

export interface WindowListener {
  /** MUST NOT throw, and MUST NOT wait. */
  window(window: TrackWindow): void;
  /** No window follows. `error` says why, unless the server stops. */
  end(error?: UserError): void;
}

export interface Windows {
  /**
   * Hands the listener a window now, and from then on one at each whole multiple of `every` since 1970, until the
   * returned function is called. A window keeps its track open, as a listener does.
   */
  watch(request: WindowRequest, listener: WindowListener): () => void;
}
