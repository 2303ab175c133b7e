// What all charts of the page have in common: the axes, the crosshair, the colours and the size.

import uPlot from 'uplot';
import { xAxis } from './chart-time.ts';
import { type Chosen, createCrosshair } from './crosshair.ts';
import { watchSight } from './dom.ts';
import { OUT_OF_SIGHT } from './drawing-pace.ts';
import type { Moment } from './moment.ts';
import type { Range } from './range.ts';

/** Custom properties of the style sheet, by their names without dashes. */
export type Colors = (name: string) => () => string;

interface Options extends Chosen {
  readonly range: Range;
  readonly moment: Moment;
  series(color: Colors): uPlot.Series[];
  /** The lowest and the highest value that are shown. Both have a label, and so has zero. */
  heights(): readonly [low: number, high: number];
  label(height: number): string;
  /** For the labels, in pixels. */
  readonly room?: number;
  /** Draws under the curves. */
  drawUnder?(plot: uPlot, color: (name: string) => string): void;
}

const SHORT = new Intl.NumberFormat('en', { maximumFractionDigits: 1, notation: 'compact' });
const LINE = uPlot.paths.spline?.();

export function createPlot(host: HTMLElement, options: Options) {
  const { range, moment, series, heights, label, room = 34, drawUnder } = options;
  let right = 0;
  let back = range.seconds;
  let drawnAt = 0;
  /** What is still to be drawn. */
  let late: uPlot.AlignedData | undefined;
  const end = new AbortController();
  const style = getComputedStyle(host);
  // A canvas cannot resolve custom properties. Reading one takes so long that each is read once for a color scheme.
  const colors = new Map<string, string>();
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  scheme.addEventListener(
    'change',
    () => {
      colors.clear();
      plot.redraw();
    },
    { signal: end.signal },
  );
  const color: Colors = (name) => () => {
    const known = colors.get(name) ?? style.getPropertyValue(`--${name}`).trim();
    colors.set(name, known);
    return known;
  };
  const axis: uPlot.Axis = {
    font: `11px ${style.fontFamily}`,
    stroke: color('faint'),
    ticks: { show: false },
  };
  const lines = series(color);

  const plot = new uPlot(
    {
      ...sizeOf(host),
      pxAlign: false,
      padding: [8, 0, 0, 0],
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { time: false, range: () => [right - back, right] },
        y: { range: () => [...heights()] },
      },
      axes: [
        { ...axis, ...xAxis(range, () => ({ right, back })) },
        {
          ...axis,
          size: room,
          gap: 8,
          grid: { stroke: color('rule'), width: 1 },
          splits: () => [...new Set([heights()[0], 0, heights()[1]])],
          values: (_, splits) => splits.map(label),
        },
      ],
      series: [{}, ...lines],
      hooks: {
        drawAxes: [(self) => drawUnder?.(self, (name) => color(name)())],
        draw: [() => placeCrosshair()],
      },
    },
    [[], ...lines.map(() => [])] as uPlot.AlignedData,
    host,
  );

  const edges = () => [right - back, right] as const;
  const placeCrosshair = createCrosshair(host, { ...options, plot, edges }, moment, end);
  const resized = new ResizeObserver(() => plot.setSize(sizeOf(host)));
  resized.observe(host);
  const isInSight = watchSight(host, catchUp, end.signal);
  addEventListener('beforeprint', catchUp, { signal: end.signal });

  function catchUp(): void {
    if (late) plot.setData(late);
    late = undefined;
    // An empty chart waits for the server's counts, and shows them as they come.
    if (plot.data[0].length > 0) drawnAt = right;
  }

  return {
    /** The width, in pixels of CSS; 0 while the chart is out of sight. */
    get pixels(): number {
      return isInSight() ? plot.width : 0;
    },
    /**
     * Draws with the right edge at `now`, in seconds since 1970, and so many seconds before it. A chart that is out of sight
     * is drawn seldom, and at once when it comes into sight or before the page is printed.
     */
    draw(data: uPlot.AlignedData, now: number, seconds: number): void {
      right = now;
      back = seconds;
      late = data;
      if (isInSight() || 1000 * Math.abs(now - drawnAt) >= OUT_OF_SIGHT) catchUp();
    },
    destroy(): void {
      end.abort();
      resized.disconnect();
      plot.destroy();
    },
  };
}

export function curve(stroke: () => string, fill?: () => string): uPlot.Series {
  return {
    stroke,
    ...(fill && { fill }),
    fillTo: 0,
    width: 1.75,
    points: { show: false },
    ...(LINE && { paths: LINE }),
  };
}

export function short(value: number): string {
  return SHORT.format(value);
}

/** A dashed line with a dot for each value that stands alone, as it would be no line. */
export function dashed(stroke: () => string, dash: readonly number[]): uPlot.Series {
  return {
    ...curve(stroke),
    width: 2,
    dash: [...dash],
    points: { show: true, size: 5, width: 0, fill: stroke, filter: alone },
  };
}

function alone({ data }: uPlot, series: number): number[] {
  const values = data[series] ?? [];
  return [...values].flatMap((value, i) =>
    value != null && values[i - 1] == null && values[i + 1] == null ? [i] : [],
  );
}

function sizeOf(host: HTMLElement) {
  return { width: Math.max(host.clientWidth, 80), height: Math.max(host.clientHeight, 80) };
}
