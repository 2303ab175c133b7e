// The time axis of a chart: seconds or minutes ago for a live one, times of day or days for a longer one.

import type uPlot from 'uplot';
import type { Range } from './range.ts';
import { HOUR_AND_MINUTE } from './wording.ts';

interface Shown {
  /** The right edge, in seconds since 1970. */
  readonly right: number;
  /** The width in seconds. */
  readonly back: number;
}

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Labels stay so far from the edges, as a share of the width. */
const EDGE = 0.03;
/** The least room for a label, in pixels. */
const ROOM = 52;

const WEEKDAY = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric' });

export function xAxis(range: Range, shown: () => Shown): uPlot.Axis {
  const rest = { size: 24, gap: 6, grid: { show: false } };
  if (!range.bucket) {
    return {
      ...rest,
      splits: () => stepsAgo(shown().back).map((seconds) => shown().right - seconds),
      values: (_, splits) => splits.map((at) => ago(shown().right - at, shown().back)),
    };
  }
  const format = range.seconds > DAY ? WEEKDAY : HOUR_AND_MINUTE;
  return {
    ...rest,
    splits: ({ width }) => clockTimes(shown(), width),
    values: (_, splits) => splits.map((at) => format.format(at * 1000)),
  };
}

/** The labels, in seconds before now. The left edge has none, because the other axis ends there. */
function stepsAgo(back: number): number[] {
  const step = back < 120 ? 15 : back < 180 ? 30 : 60;
  return Array.from({ length: Math.ceil(back / step) - 1 }, (_, i) => (i + 1) * step);
}

function ago(seconds: number, back: number): string {
  return back < 180 ? `−${Math.round(seconds)} s` : `−${Math.round(seconds / 60)} min`;
}

/** Picks round local times for the axis. Their labels fit into `width` pixels. */
export function clockTimes({ right, back }: Shown, width: number): number[] {
  const steps = [HOUR / 6, HOUR / 3, HOUR / 2, HOUR, 4 * HOUR, 6 * HOUR, 8 * HOUR, DAY, 2 * DAY];
  const step = steps.find((step) => (step / back) * width >= ROOM) ?? 4 * DAY;
  const shift = new Date(right * 1000).getTimezoneOffset() * 60;
  const times: number[] = [];
  const begin = right - back * (1 - EDGE);
  for (
    let time = Math.ceil((begin - shift) / step) * step + shift;
    time < right - back * EDGE;
    time += step
  )
    times.push(time);
  return times;
}
