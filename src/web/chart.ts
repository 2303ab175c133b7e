// The chart of a topic: positive posts rise above the line, negative ones hang below it.

import { drawSpans } from './chart-spans.ts';
import { describeCell } from './crosshair.ts';
import type { Moment } from './moment.ts';
import type { Picture } from './picture.ts';
import { createPlot, curve, short } from './plot.ts';
import type { Range } from './range.ts';

/** The range of the axes: posts above and below the line, and seconds before now. */
export interface ChartScale {
  readonly above: number;
  readonly below: number;
  readonly back: number;
}

export function createChart(host: HTMLElement, range: Range, moment: Moment) {
  let scale: ChartScale = { above: 1, below: 1, back: range.seconds };
  let picture: Picture | undefined;
  const plot = createPlot(host, {
    range,
    moment,
    series: (color) => [
      curve(color('positive'), color('positive-area')),
      curve(color('negative'), color('negative-area')),
      { ...curve(color('neutral')), dash: [2, 3], width: 1.5 },
    ],
    heights: () => [-scale.below, scale.above],
    label: (height) => short(Math.abs(height)),
    drawUnder: (plot, color) => drawSpans(plot, picture, color),
    describe: (moment) => describeCell(picture?.at(moment), moment, range),
  });

  return {
    /** The width, in pixels of CSS; 0 while the chart is out of sight. */
    get pixels(): number {
      return plot.pixels;
    },
    /** Draws the picture with its right edge at `now`, in seconds since 1970. */
    draw(next: Picture, now: number, fitting: ChartScale): void {
      scale = fitting;
      picture = next;
      const [times, positive, negative, neutral] = next.curves;
      const hanging = negative.map((value) => value && -value);
      plot.draw([times, positive, hanging, neutral], now, scale.back);
    },
    destroy: plot.destroy,
  };
}
