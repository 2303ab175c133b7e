// Finds the part of what is kept of a track that another node lacks.

import type { Position } from '../base/position.ts';
import type { PastEntry, Start, Stretch } from '../stream/recorder.ts';
import type { Entry } from './entries.ts';
import type { RecentOfTrack } from './recent-of-track.ts';
import { before, firstAfter, newest } from './recent-reader.ts';

/** The stretch of a node that knows nothing before `until`. */
export function nothingUntil(until: Position): Stretch {
  return { since: until, until, entries: [], isAll: true };
}

export function stretchOf(
  recent: RecentOfTrack,
  starts: readonly Start[],
  until: Position,
  most: number,
): Stretch {
  const { epoch } = until;
  const isOfEpoch = (number: number) => recent.at(number).position.epoch === epoch;
  let end = recent.end;
  while (end > recent.first && isLater(recent.at(end - 1), until)) end -= 1;
  let oldest = end;
  while (oldest > recent.first && isOfEpoch(oldest - 1)) oldest -= 1;
  const wanted = starts.map((start) =>
    'last' in start ? newest(recent, start.last).first : firstAfter(recent, start.after),
  );
  const first = Math.max(oldest, Math.min(end, ...wanted), end - most);
  const entries: PastEntry[] = [];
  for (let number = first; number < end; number += 1) {
    const entry = recent.at(number);
    const { position } = entry;
    if (entry.post !== undefined) entries.push({ position, event: entry });
    else if (entry.isGap) entries.push({ position, event: undefined });
  }
  const since = before(recent, first);
  const isAll = first === oldest;
  if (since?.epoch === epoch) {
    return since.number > until.number ? nothingUntil(until) : { since, until, entries, isAll };
  }
  // An epoch begins with a gap, which says from where on its events are known.
  const [begin, ...rest] = entries;
  if (begin?.event !== undefined || begin === undefined) return nothingUntil(until);
  return { since: begin.position, until, entries: rest, isAll };
}

function isLater({ position }: Entry, { epoch, number }: Position): boolean {
  return position.epoch === epoch && position.number > number;
}
