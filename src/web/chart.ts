// The chart of a topic: positive posts rise above the line, negative ones hang below it.

import uPlot from 'uplot';
import { drawSpans } from './chart-spans.ts';
import { xAxis } from './chart-time.ts';
import { createCrosshair } from './crosshair.ts';
import type { Moment } from './moment.ts';
import type { Picture } from './picture.ts';
import type { Range } from './range.ts';

/** The range of the axes: posts above and below the line, and seconds before now. */
export interface ChartScale {
  readonly above: number;
  readonly below: number;
  readonly back: number;
}

const LINE = uPlot.paths.spline?.();

export function createChart(host: HTMLElement, range: Range, moment: Moment) {
  let right = 0;
  let scale: ChartScale = { above: 1, below: 1, back: range.seconds };
  let picture: Picture | undefined;
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
        { ...axis, ...xAxis(range, () => ({ right, back: scale.back })) },
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
      hooks: { drawAxes: [(self) => drawSpans(self, picture, (name) => color(name)())] },
    },
    [[], [], [], []],
    host,
  );

  const end = new AbortController();
  const edges = () => [right - scale.back, right] as const;
  const at = (seconds: number) => picture?.at(seconds);
  const placeCrosshair = createCrosshair(host, { plot, range, at, edges }, moment, end.signal);
  const resized = new ResizeObserver(() => plot.setSize(sizeOf(host)));
  resized.observe(host);
  return {
    /** The width in pixels of the screen. */
    get pixels(): number {
      return plot.width * devicePixelRatio;
    },
    /** Draws the picture with its right edge at `now`, in seconds since 1970. */
    draw(next: Picture, now: number, fitting: ChartScale): void {
      right = now;
      scale = fitting;
      picture = next;
      const [times, positive, negative, neutral] = next.curves;
      const hanging = negative.map((value) => value && -value);
      plot.setData([times, positive, hanging, neutral]);
      placeCrosshair();
    },
    destroy(): void {
      end.abort();
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

function short(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 1, notation: 'compact' });
}

function sizeOf(host: HTMLElement) {
  return { width: Math.max(host.clientWidth, 80), height: Math.max(host.clientHeight, 80) };
}
