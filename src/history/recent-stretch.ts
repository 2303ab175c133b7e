// Finds the part of what is kept of a track that another node lacks.

import type { Position } from '../base/position.ts';
import type { PastEntry, Start, Stretch } from '../stream/recorder.ts';
import type { Entry } from './entries.ts';
import type { RecentOfTrack } from './recent-of-track.ts';
import { firstAfter, newest } from './recent-reader.ts';

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
  const kept = recent.list();
  const end = kept.entries.findLastIndex((entry) => !isLater(entry, until)) + 1;
  const all = kept.entries.slice(0, end);
  const oldest = all.findLastIndex(({ position }) => position.epoch !== epoch) + 1;
  const wanted = starts.map((start) =>
    'last' in start ? newest(kept.entries, start.last) : firstAfter(kept.entries, start.after),
  );
  const first = Math.max(oldest, Math.min(end, ...wanted), end - most);
  const entries: PastEntry[] = [];
  for (const entry of all.slice(first)) {
    const { position } = entry;
    if (entry.post !== undefined) entries.push({ position, event: entry });
    else if (entry.isGap) entries.push({ position, event: undefined });
  }
  const since = first > 0 ? all[first - 1]?.position : recent.completeSince(kept);
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
