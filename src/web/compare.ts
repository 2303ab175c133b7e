// Compares topics moment by moment: how much is said of each, and with which balance.

import { type Span, unknownSpans } from './picture.ts';
import { type Counts, sum, totalOf } from './polarity-counts.ts';
import { type Range, stepOf } from './range.ts';
import type { Cell } from './rolling-window.ts';
import { sureBalanceOf } from './wording.ts';

/** How much is said, or with which balance. */
export type Kind = 'voice' | 'balances';

export interface Compared {
  /** In seconds since 1970. */
  readonly times: number[];
  /**
   * Of each topic: posts in the time that the range counts by, or the balance. It is null where posts may be missing,
   * and a balance also where posts are few.
   */
  readonly lines: readonly (number | null)[][];
  /** Spans in which nothing is known of any topic, in seconds since 1970. */
  readonly unknown: readonly Span[];
  /** What a point of the lines sums up, at a moment; undefined where there is none. */
  at(moment: number): Moments | undefined;
}

/** The counts of each topic in the same span of time; undefined where posts may be missing. */
export interface Moments {
  readonly from: number;
  readonly to: number;
  readonly counts: readonly (Readonly<Counts> | undefined)[];
}

/** A point of a line is the mean of so many cells before it, so that single posts make no spikes. */
const MEAN_CELLS = 6;

/** `all` has the cells of each topic, oldest first, without those that still run. */
export function compare(all: readonly (readonly Cell[])[], range: Range, kind: Kind): Compared {
  const seconds = stepOf(range);
  // A balance needs more posts than a number of posts does.
  const most = kind === 'voice' ? MEAN_CELLS : range.row.seconds / seconds;
  const first = Math.min(...all.flatMap((cells) => cells[0]?.from ?? []));
  const last = Math.max(...all.flatMap((cells) => cells.at(-1)?.from ?? []));
  const length = Number.isFinite(first) ? Math.round((last - first) / seconds) + 1 : 0;
  const rows = all.map((cells) => {
    const row: (Cell | undefined)[] = Array(length).fill(undefined);
    for (const cell of cells) row[Math.round((cell.from - first) / seconds)] = cell;
    return row;
  });
  const sums = rows.map((row) =>
    row.map((cell, i) => {
      if (!cell?.isKnown) return undefined;
      const own = row.slice(Math.max(i + 1 - most, 0), i + 1);
      const known = own.flatMap((it) => (it?.isKnown ? it : []));
      return { counts: totalOf(known), cells: known.length };
    }),
  );
  // A live line counts by the second, and ends now. A bucket stands in its middle.
  const unit = range.bucket ? 1 : seconds;
  const shift = range.bucket ? seconds / 2 : seconds;
  const times = Array.from({ length }, (_, i) => first + i * seconds + shift);
  const known = times.map((_, i) => (rows.some((row) => row[i]?.isKnown) ? 1 : null));
  const pointOf = ({ counts, cells }: { counts: Counts; cells: number }) => {
    if (kind === 'balances') return sureBalanceOf(counts) ?? null;
    // The mean of a short time would be a spike.
    return cells < most / 2 ? null : sum(counts) / cells / unit;
  };
  return {
    times,
    lines: sums.map((row) => row.map((it) => (it ? pointOf(it) : null))),
    unknown: unknownSpans([times, known]),
    at(moment) {
      const i = Math.floor((moment - first) / seconds);
      if (!(i >= 0 && i < length)) return undefined;
      const to = first + (i + 1) * seconds;
      const counts = sums.map((row) => row[i]?.counts);
      return { from: Math.max(to - most * seconds, first), to, counts };
    },
  };
}

/** The seconds of a live window, in cells as long as the step of its range. */
export function inSteps(cells: readonly Cell[], range: Range): readonly Cell[] {
  if (range.bucket) return cells;
  const step = stepOf(range);
  const steps: Cell[] = [];
  for (let at = 0; at < cells.length; ) {
    const from = Math.floor((cells[at]?.from ?? 0) / step) * step;
    const end = cells.findIndex(({ from: begin }, i) => i >= at && begin >= from + step);
    const own = cells.slice(at, end < 0 ? cells.length : end);
    const isKnown = own.every((cell) => cell.isKnown);
    // The window may begin or end within a step.
    if (own.length === step) steps.push({ from, to: from + step, counts: totalOf(own), isKnown });
    at += own.length;
  }
  return steps;
}
