// The chart of the last five minutes: positive posts rise above the line, negative ones hang below it.

import uPlot from 'uplot';
import { type Curves, WINDOW_SECONDS } from './rolling-window.ts';

/** The range of the axes: posts a second above and below the line, and seconds before now. */
export interface ChartScale {
  readonly above: number;
  readonly below: number;
  readonly back: number;
}

const LINE = uPlot.paths.spline?.();

export function createChart(host: HTMLElement) {
  let right = 0;
  let scale: ChartScale = { above: 1, below: 1, back: WINDOW_SECONDS };
  // A canvas cannot resolve custom properties. This style is live, so it follows the color scheme.
  const style = getComputedStyle(host);
  const color = (name: string) => () => style.getPropertyValue(`--${name}`).trim();
  const axis: uPlot.Axis = {
    font: `11px ${style.fontFamily}`,
    stroke: color('faint'),
    ticks: { show: false },
  };

  const plot = new uPlot(
    {
      ...sizeOf(host),
      pxAlign: false,
      padding: [8, 0, 0, 0],
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { time: false, range: () => [right - scale.back, right] },
        y: { range: () => [-scale.below, scale.above] },
      },
      axes: [
        {
          ...axis,
          size: 24,
          gap: 6,
          grid: { show: false },
          splits: () => labelled(scale.back).map((seconds) => right - seconds),
          values: (_, splits) => splits.map((at) => ago(right - at, scale.back)),
        },
        {
          ...axis,
          size: 34,
          gap: 8,
          grid: { stroke: color('rule'), width: 1 },
          splits: () => [-scale.below, 0, scale.above],
          values: (_, splits) => splits.map((at) => short(Math.abs(at))),
        },
      ],
      series: [
        {},
        curve(color('positive'), color('positive-area')),
        curve(color('negative'), color('negative-area')),
        { ...curve(color('neutral')), dash: [2, 3], width: 1.5 },
      ],
    },
    [[], [], [], []],
    host,
  );

  const resized = new ResizeObserver(() => plot.setSize(sizeOf(host)));
  resized.observe(host);
  return {
    /** The width in pixels of the screen. */
    get pixels(): number {
      return plot.width * devicePixelRatio;
    },
    /** Draws the curves with the window's right edge at `now`, in seconds since 1970. */
    draw([times, positive, negative, neutral]: Curves, now: number, next: ChartScale): void {
      right = now;
      scale = next;
      const hanging = negative.map((value) => value && -value);
      plot.setData([times, positive, hanging, neutral]);
    },
    destroy(): void {
      resized.disconnect();
      plot.destroy();
    },
  };
}

function curve(stroke: () => string, fill?: () => string): uPlot.Series {
  return {
    stroke,
    ...(fill && { fill }),
    fillTo: 0,
    width: 1.75,
    points: { show: false },
    ...(LINE && { paths: LINE }),
  };
}

/** The labels, in seconds before now. The left edge has none, because the other axis ends there. */
function labelled(back: number): number[] {
  const step = back < 120 ? 15 : back < 180 ? 30 : 60;
  return Array.from({ length: Math.ceil(back / step) - 1 }, (_, i) => (i + 1) * step);
}

function ago(seconds: number, back: number): string {
  return back < 180 ? `−${Math.round(seconds)} s` : `−${Math.round(seconds / 60)} min`;
}

function short(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 1, notation: 'compact' });
}

function sizeOf(host: HTMLElement) {
  return { width: Math.max(host.clientWidth, 80), height: Math.max(host.clientHeight, 80) };
}
