// Reads the recent events of a track from some place on, at the pace of its caller.

import type { Position } from '../base/position.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { PastEvents, PastReader, Start } from '../stream/recorder.ts';
import { type Entry, isGap, type RecentOfTrack } from './recent-of-track.ts';

export class RecentReader implements PastReader {
  readonly isComplete: boolean;
  readonly completeSince: number | undefined;
  readonly #recent: RecentOfTrack;
  /** The number of the next entry to read. */
  #next: number;

  constructor(recent: RecentOfTrack, start: Start) {
    this.#recent = recent;
    if ('last' in start) {
      this.#next = newest(recent, start.last);
      this.isComplete = false;
    } else {
      this.#next = firstAfter(recent, start.after);
      this.isComplete = isComplete(recent, start.after, this.#next);
    }
    this.completeSince = before(recent, this.#next)?.time;
  }

  next(most: number): PastEvents {
    const recent = this.#recent;
    // Events that came faster than they were read may have left by now.
    let gap = this.#next < recent.first;
    if (gap) this.#next = recent.first;
    const events: SentimentEvent[] = [];
    for (; this.#next < recent.end && events.length < most; this.#next += 1) {
      const entry = recent.at(this.#next);
      if (!isGap(entry)) {
        if (entry.event !== undefined) events.push(entry.event);
      } else if (events.length > 0) break;
      else gap = true;
    }
    return { gap, events };
  }
}

/** The number of the first entry after `cursor`. */
function firstAfter(recent: RecentOfTrack, cursor: Position): number {
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

/** Whether nothing is missing between `cursor` and the present; `first` is the first entry after it. */
function isComplete(recent: RecentOfTrack, cursor: Position, first: number): boolean {
  const since = before(recent, first);
  if (since?.epoch !== cursor.epoch || since.number > cursor.number) return false;
  for (let number = first; number < recent.end; number += 1) {
    if (isGap(recent.at(number))) return false;
  }
  return true;
}

/** The position after which nothing is missing before the entry with this number; undefined if not known. */
function before(recent: RecentOfTrack, number: number): Position | undefined {
  return number > recent.first ? recent.at(number - 1).position : recent.completeSince;
}

/** The number of the entry from which on `count` events are kept. */
function newest(recent: RecentOfTrack, count: number): number {
  let number = recent.end;
  for (let found = 0; found < count && number > recent.first; number -= 1) {
    const entry = recent.at(number - 1);
    if (!isGap(entry) && entry.event !== undefined) found += 1;
  }
  return number;
}
