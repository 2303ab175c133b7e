// The contract of a recorder, which hears of every event of the tracks that a feed follows, whether a client listens or
// not. src/history implements it.

import type { Position } from '../base/position.ts';
import type { PostKey } from '../base/post.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { Track } from '../track/track.ts';

export interface Recorder {
  /**
   * A feed follows `track` from now on, and records each of its events after `since`. A node that gets its events from
   * another one does not know `since`.
   */
  open(track: Track, since?: Position): Recording;
  /**
   * Records an event of all open tracks that it matches. Called in order, once for each event and track. An event may
   * match hundreds of tracks, so the recorder gets only the slots of their recordings. MUST NOT throw or wait.
   */
  event(event: SentimentEvent, slots: readonly number[]): void;
}

/** What is recorded of one track. No method may throw or wait. */
export interface Recording {
  /** A small whole number, which no recording of another open track has. */
  readonly slot: number;
  /** Events may be missing before `at` and after the last one. */
  gap(at: Position): void;
  /** Whether any listener wants the track, which the feed may follow for longer. */
  wanted(isWanted: boolean): void;
  /** The feed does not follow the track any more. */
  close(): void;
}

/** Where a listener begins: after an event that it got, or with the newest ones that are kept. */
export type Start = { readonly after: Position } | { readonly last: number };

/** A recorder that keeps recent events, so that listeners can begin in the past. */
export interface Past extends Recorder {
  /** Reads the events of an open track from `start` on. */
  read(track: Track, start: Start): PastReader;
  /**
   * Returns what is kept of `track` from the earliest of `starts` up to `until`, a position of the present epoch. If
   * these are more than `most` entries, returns the newest of them.
   */
  stretch(track: Track, starts: readonly Start[], until: Position, most: number): Stretch;
  /** Adds what another node keeps of an open track. Listeners that read the track notice nothing. */
  fill(track: Track, stretch: Stretch): void;
  /** The source has deleted a post. Its events MUST NOT be read any more. */
  deleted(post: PostKey): void;
}

/** What is kept of a track after `since` and up to `until`. All positions have one epoch. */
export interface Stretch {
  readonly since: Position;
  readonly until: Position;
  /** Oldest first. */
  readonly entries: readonly PastEntry[];
  /** Whether nothing older of this epoch is kept. */
  readonly isAll: boolean;
}

export interface PastEntry {
  readonly position: Position;
  /** Undefined where events may be missing. */
  readonly event: SentimentEvent | undefined;
}

export interface PastReader {
  /** Whether no event is missing from where the reader began until now; for the newest ones, whether all are kept. */
  readonly isComplete: boolean;
  /** From here on, no event is missing, in milliseconds since 1970; undefined if not known. */
  readonly completeSince: number | undefined;
  /**
   * At most `most` events that were not read yet, oldest first; none once the reader has reached the present. Events
   * that are recorded later can be read as well.
   */
  next(most: number): PastEvents;
}

export interface PastEvents {
  /** Whether events may be missing before these. */
  readonly gap: boolean;
  readonly events: readonly SentimentEvent[];
}
