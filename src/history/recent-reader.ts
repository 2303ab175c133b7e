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
  /** The number of the next entry to read. */
  #next = 0;
  #fills: number;

  constructor(recent: RecentOfTrack, start: Start) {
    this.#recent = recent;
    this.#from = start;
    this.#fills = recent.fills;
    this.isComplete = this.#find() && ('last' in start || !hasGapAfter(recent, this.#next));
    this.completeSince = before(recent, this.#next)?.time;
  }

  next(most: number): PastEvents {
    const recent = this.#recent;
    recent.settle();
    let gap = false;
    if (this.#fills !== recent.fills) {
      this.#fills = recent.fills;
      gap = !this.#find() && 'after' in this.#from;
    }
    // Events that came faster than they were read may have left by now.
    if (this.#next < recent.first) {
      gap = true;
      this.#next = recent.first;
    }
    const events: SentimentEvent[] = [];
    for (; this.#next < recent.end && events.length < most; this.#next += 1) {
      const entry = recent.at(this.#next);
      if (entry.post !== undefined) events.push(entry);
      else if (entry.isGap && events.length > 0) break;
      else gap ||= entry.isGap;
      this.#from = { after: entry.position };
    }
    return { gap, events };
  }

  /** Finds the next entry to read. Returns false if events that belong before it may be missing. */
  #find(): boolean {
    const recent = this.#recent;
    const from = this.#from;
    if ('last' in from) {
      const { first, found } = newest(recent, from.last);
      this.#next = first;
      return found >= from.last;
    }
    this.#next = firstAfter(recent, from.after);
    const since = before(recent, this.#next);
    return since?.epoch === from.after.epoch && since.number <= from.after.number;
  }
}

/** The number of the first entry after `cursor`. */
export function firstAfter(recent: RecentOfTrack, cursor: Position): number {
  let isOfEpoch = false;
  for (let number = recent.end - 1; number >= recent.first; number -= 1) {
    const { position } = recent.at(number);
    if (position.epoch !== cursor.epoch) continue;
    if (position.number <= cursor.number) return number + 1;
    isOfEpoch = true;
  }
  // Numbers of another epoch mean nothing here, but its times do.
  const isAfter = ({ position }: Entry) =>
    isOfEpoch ? position.epoch === cursor.epoch : position.time > cursor.time;
  for (let number = recent.first; number < recent.end; number += 1) {
    if (isAfter(recent.at(number))) return number;
  }
  return recent.end;
}

function hasGapAfter(recent: RecentOfTrack, first: number): boolean {
  for (let number = first; number < recent.end; number += 1) {
    if (isGap(recent.at(number))) return true;
  }
  return false;
}

/** Between this position and the entry with this number, no event is missing; undefined if not known. */
export function before(recent: RecentOfTrack, number: number): Position | undefined {
  return number > recent.first ? recent.at(number - 1).position : recent.completeSince;
}

/** Finds the newest `count` events, or all of them if fewer are kept: where they begin, and how many there are. */
export function newest(recent: RecentOfTrack, count: number): { first: number; found: number } {
  let first = recent.end;
  let found = 0;
  for (; found < count && first > recent.first; first -= 1) {
    if (recent.at(first - 1).post !== undefined) found += 1;
  }
  return { first, found };
}
