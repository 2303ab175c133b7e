// Under the curves of a chart: hatched spans whose counts are unknown, and bars for cells that lack posts.

import type uPlot from 'uplot';
import type { Picture } from './picture.ts';
import type { Cell } from './rolling-window.ts';

/** The distance of the lines of a hatched span, in pixels. */
const HATCH = 7;

export function drawSpans(
  plot: uPlot,
  picture: Pick<Picture, 'unknown' | 'partial'> | undefined,
  color: (name: string) => string,
): void {
  if (!picture) return;
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const x = (seconds: number) => plot.valToPos(seconds, 'x', true);
  ctx.strokeStyle = color('rule');
  ctx.lineWidth = devicePixelRatio;
  for (const [from, to] of picture.unknown) hatch(plot, x(from), x(to));
  for (const cell of picture.partial) drawBars(plot, cell, x, color);
  ctx.restore();
}

function hatch({ ctx, bbox }: uPlot, from: number, to: number): void {
  const step = HATCH * devicePixelRatio;
  const bottom = bbox.top + bbox.height;
  ctx.save();
  ctx.beginPath();
  ctx.rect(from, bbox.top, to - from, bbox.height);
  ctx.clip();
  ctx.beginPath();
  for (let left = Math.floor((from - bbox.height) / step) * step; left < to; left += step) {
    ctx.moveTo(left, bottom);
    ctx.lineTo(left + bbox.height, bbox.top);
  }
  ctx.stroke();
  ctx.restore();
}

function drawBars(
  plot: uPlot,
  { from, to, counts }: Cell,
  x: (seconds: number) => number,
  color: (name: string) => string,
): void {
  const zero = plot.valToPos(0, 'y', true);
  const left = x(from) + 1;
  const width = Math.max(x(to) - x(from) - 2, 1);
  const bars = [
    ['positive', counts[0]],
    ['negative', -counts[1]],
  ] as const;
  plot.ctx.globalAlpha = 0.55;
  for (const [name, value] of bars) {
    plot.ctx.fillStyle = color(name);
    plot.ctx.fillRect(left, zero, width, plot.valToPos(value, 'y', true) - zero);
  }
  plot.ctx.globalAlpha = 1;
}
