// Sets of times, as intervals.

import type { Interval } from './store.ts';

/** The union, oldest first, without empty intervals and with none that touch. */
export function unite(intervals: Iterable<Interval>): Interval[] {
  const united: [number, number][] = [];
  for (const [from, to] of [...intervals].sort(([a], [b]) => a - b)) {
    const last = united.at(-1);
    if (to <= from) continue;
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else united.push([from, to]);
  }
  return united;
}

/** Whether one of `united` has every time from `from` until before `to`. */
export function covers(united: readonly Interval[], from: number, to: number): boolean {
  return united.some(([start, end]) => start <= from && to <= end);
}
