// What the page shows of a topic in a range: the counts of each moment, as points of a chart and as a sum.

import { type Counts, sum, totalOf } from './polarity-counts.ts';
import type { Range } from './range.ts';
import { type Cell, type Curves, WINDOW_SECONDS } from './rolling-window.ts';
import type { Topic } from './topic-state.ts';

export type Span = readonly [from: number, to: number];

export interface Picture {
  readonly curves: Curves;
  /** Spans without counts, in seconds since 1970. */
  readonly unknown: readonly Span[];
  /** Cells that have posts, but not all of them. */
  readonly partial: readonly Cell[];
  readonly totals: Readonly<Counts>;
  /** Since when there is something to show, in milliseconds since 1970. */
  readonly since: number;
  /** What a point of the curves shows, at a moment in seconds since 1970. */
  at(moment: number): Cell | undefined;
  /** Whether all posts of the range are counted. */
  readonly isWhole: boolean;
}

export function pictureOf(topic: Topic, range: Range, now: number): Picture {
  const { window, past } = topic;
  window.advance(now);
  if (!range.bucket) {
    const since = window.since ?? now;
    const isWhole = now - since >= WINDOW_SECONDS * 1000;
    const curves = window.curves(now);
    const unknown = unknownSpans(curves);
    const at = (moment: number) => window.cellAt(moment);
    return { curves, unknown, partial: [], totals: window.totals, since, at, isWhole };
  }
  const cells = past?.cells ?? [];
  const lacking = cells.filter(({ isKnown }) => !isKnown);
  // The last bucket still ran when it was asked for, so that it always lacks posts.
  const unknown = lacking
    .filter(({ to }) => to * 1000 <= countedUntil(topic, range, now))
    .map(({ from, to }) => [from, to] as const);
  return {
    curves: curvesOf(cells),
    unknown,
    partial: lacking.filter(({ counts }) => sum(counts) > 0),
    totals: totalOf(cells),
    since: now - range.seconds * 1000,
    at: (moment) => cells.find(({ from, to }) => from <= moment && moment < to),
    isWhole: cells.length > 1 && unknown.length === 0,
  };
}

/** The counts of the range, oldest first. */
export function cellsIn({ window, past }: Topic, range: Range): readonly Cell[] {
  return range.bucket ? (past?.cells ?? []) : window.cells();
}

/** When the counts of the range are from, in milliseconds. */
export function countedUntil({ past }: Topic, range: Range, now: number): number {
  return range.bucket ? Math.min(past?.answeredAt ?? now, now) : now;
}

/** Each cell as a point in its middle. */
function curvesOf(cells: readonly Cell[]): Curves {
  const values = (polarity: 0 | 1 | 2) =>
    cells.map(({ isKnown, counts }) => (isKnown ? counts[polarity] : null));
  return [cells.map(({ from, to }) => (from + to) / 2), values(0), values(1), values(2)];
}

/** From the last point before each unknown span to the first one after it. */
export function unknownSpans([times, values]: readonly [
  Curves[0],
  Curves[1],
  ...unknown[],
]): Span[] {
  const spans: Span[] = [];
  let begin: number | undefined;
  times.forEach((time, i) => {
    if (values[i] === null) begin ??= times[i - 1] ?? time;
    else if (begin !== undefined) {
      spans.push([begin, time]);
      begin = undefined;
    }
  });
  const last = times.at(-1);
  if (begin !== undefined && last !== undefined) spans.push([begin, last]);
  return spans;
}

/** The seconds of the window by the minute, the newest first. */
export function minutesOf(seconds: readonly Cell[]): Cell[] {
  const end = seconds.at(-1)?.to ?? 0;
  return Array.from({ length: WINDOW_SECONDS / 60 }, (_, minute) => {
    const to = end - minute * 60;
    const from = to - 60;
    const cells = seconds.filter((cell) => cell.from >= from && cell.from < to);
    const isKnown = cells.length === 60 && cells.every((cell) => cell.isKnown);
    return { from, to, counts: totalOf(cells), isKnown };
  });
}

/** The cells of each row of the table, oldest first. Rows begin at whole multiples of their length, in local time. */
export function rowsOf(cells: readonly Cell[], { row }: Range): Cell[][] {
  const rows = new Map<number, Cell[]>();
  for (const cell of cells) {
    const shift = new Date(cell.from * 1000).getTimezoneOffset() * 60;
    const key = Math.floor((cell.from - shift) / row.seconds);
    const own = rows.get(key);
    if (own) own.push(cell);
    else rows.set(key, [cell]);
  }
  return [...rows.values()];
}
