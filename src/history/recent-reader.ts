// Reads the recent events of a track from some place on, at the pace of its caller.

import type { Position } from '../base/position.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { PastEvents, PastReader, Start } from '../stream/recorder.ts';
import { type Entry, isGap } from './entries.ts';
import type { RecentOfTrack } from './recent-of-track.ts';

export class RecentReader implements PastReader {
  readonly isComplete: boolean;
  readonly completeSince: number | undefined;
  readonly #recent: RecentOfTrack;
  /** Where the reader is: after the last entry that it has read. */
  #from: Start;
  /** The serial of the last entry before those that are to be read. */
  #last = 0;
  /** Serials of entries after that, as far as they were looked up, since looking them up at each step costs far more. */
  #ahead: readonly number[] = [];
  /** How many of them were read. */
  #read = 0;
  #changes: number;

  constructor(recent: RecentOfTrack, start: Start) {
    this.#recent = recent;
    this.#from = start;
    this.#changes = recent.changes;
    const { isComplete, since } = this.#find();
    this.isComplete = isComplete;
    this.completeSince = since?.time;
  }

  next(most: number): PastEvents {
    const recent = this.#recent;
    let gap = false;
    if (this.#changes !== recent.changes) {
      this.#changes = recent.changes;
      gap = !this.#find().isConnected;
    }
    const events: SentimentEvent[] = [];
    while (events.length < most) {
      if (this.#read === this.#ahead.length) {
        const { serials, lost } = recent.list({ after: this.#last });
        // Events that came faster than they were read may have left by now.
        if (lost > 0) {
          if (events.length > 0) break;
          gap = true;
          this.#last = lost;
        }
        if (serials.length === 0) break;
        this.#ahead = serials;
        this.#read = 0;
      }
      const serial = this.#ahead[this.#read] as number;
      const entry = recent.at(serial);
      const isMissing = entry === undefined || isGap(entry);
      if (isMissing && events.length > 0) break;
      gap ||= isMissing;
      if (entry?.post !== undefined) events.push(entry);
      if (entry !== undefined) this.#from = { after: entry.position };
      this.#last = serial;
      this.#read += 1;
    }
    return { gap, events };
  }

  /** Finds the entries to read: since when none before them is missing, and whether any may be missing. */
  #find(): { since: Position | undefined; isConnected: boolean; isComplete: boolean } {
    const recent = this.#recent;
    const from = this.#from;
    const kept = recent.list({ from: isBefore(from) });
    const { entries, serials, lost } = kept;
    const first = 'last' in from ? newest(entries, from.last) : firstAfter(entries, from.after);
    this.#ahead = serials.slice(first);
    this.#read = 0;
    this.#last = serials.at(-1) ?? lost;
    const since = first > 0 ? entries[first - 1]?.position : recent.completeSince(kept);
    const toRead = entries.slice(first);
    if ('last' in from) {
      const isComplete = toRead.filter(({ post }) => post !== undefined).length >= from.last;
      return { since, isConnected: true, isComplete };
    }
    const { epoch, number } = from.after;
    const isConnected = since?.epoch === epoch && since.number <= number;
    return { since, isConnected, isComplete: isConnected && !toRead.some(isGap) };
  }
}

/** A function that is called with entries, the newest first, and returns true for the first one that is not to be read. */
function isBefore(start: Start): (entry: Entry) => boolean {
  if ('after' in start) {
    const { epoch, number } = start.after;
    return ({ position }) => position.epoch === epoch && position.number <= number;
  }
  let events = 0;
  return ({ post }) => {
    if (events === start.last) return true;
    if (post !== undefined) events += 1;
    return false;
  };
}

/** The index of the first entry after `cursor`. */
export function firstAfter(entries: readonly Entry[], cursor: Position): number {
  const isOfEpoch = ({ position }: Entry) => position.epoch === cursor.epoch;
  const last = entries.findLastIndex(
    (entry) => isOfEpoch(entry) && entry.position.number <= cursor.number,
  );
  if (last >= 0) return last + 1;
  // Numbers of another epoch mean nothing here, but its times do.
  const first = entries.some(isOfEpoch)
    ? entries.findIndex(isOfEpoch)
    : entries.findIndex(({ position }) => position.time > cursor.time);
  return first < 0 ? entries.length : first;
}

/** The index at which the newest `count` events begin, or all of them if these are fewer. */
export function newest(entries: readonly Entry[], count: number): number {
  let first = entries.length;
  for (let found = 0; found < count && first > 0; first -= 1) {
    if (entries[first - 1]?.post !== undefined) found += 1;
  }
  return first;
}
