// The crosshair of a chart, with the counts of its moment: by pointer, by touch and by arrow keys.

import type uPlot from 'uplot';
import { h, setAttribute, setText } from './dom.ts';
import type { Moment } from './moment.ts';
import { sum } from './polarity-counts.ts';
import { type Range, stepOf } from './range.ts';
import type { Cell } from './rolling-window.ts';
import { HOUR_AND_MINUTE, signed, sureBalanceOf, TIME } from './wording.ts';

/** How many steps the Page keys go. */
const PAGE = 10;

/** What a chart tells of the moment that a person has chosen. */
export interface Chosen {
  describe(moment: number): string;
  /** Fills the tip at the moment with more than the description. */
  fill?(tip: HTMLElement, moment: number): void;
}

interface Chart extends Chosen {
  readonly plot: uPlot;
  readonly range: Range;
  /** The left and right edges, in seconds since 1970. */
  edges(): readonly [left: number, right: number];
}

/** Makes `host` a slider, with which a person chooses the moment. The returned function draws the crosshair again. */
export function createCrosshair(
  host: HTMLElement,
  chart: Chart,
  moment: Moment,
  { signal }: AbortController,
): () => void {
  const { plot, range, edges, describe, fill } = chart;
  const line = h('i', { class: 'crosshair', 'aria-hidden': 'true', hidden: true });
  const tip = h('div', { class: 'tip', 'aria-hidden': 'true', hidden: true });
  host.append(line);
  // Below the chart, so that it hides nothing of it.
  host.after(tip);
  signal.addEventListener('abort', () => {
    line.remove();
    tip.remove();
  });

  function place(): void {
    const [left, right] = edges();
    const chosen = moment.at;
    const isShown = chosen !== undefined && chosen >= left && chosen <= right;
    const text = isShown ? describe(chosen) : 'now';
    setAttribute(host, 'aria-valuemin', String(Math.round(left - right)));
    setAttribute(host, 'aria-valuenow', String(isShown ? Math.round(chosen - right) : 0));
    setAttribute(host, 'aria-valuetext', text);
    if (isShown === line.hidden) {
      line.hidden = !isShown;
      tip.hidden = !isShown;
    }
    if (!isShown) return;
    const x = plot.over.offsetLeft + plot.valToPos(chosen, 'x');
    line.style.translate = `${x}px`;
    // In a translation, 100 % is the width of the tip itself.
    tip.style.translate = `clamp(0px, ${x}px - 50%, ${plot.width}px - 100%)`;
    if (fill) fill(tip, chosen);
    else setText(tip, text);
  }

  function point({ clientX }: PointerEvent): void {
    const x = clientX - plot.over.getBoundingClientRect().left;
    const [left, right] = edges();
    moment.choose(Math.min(Math.max(plot.posToVal(x, 'x'), left), right));
  }

  host.addEventListener('pointerdown', point, { signal });
  host.addEventListener('pointermove', point, { signal });
  host.addEventListener(
    'pointerleave',
    // After a touch, the moment stays, so that it can be read.
    ({ pointerType }) => pointerType === 'mouse' && moment.choose(undefined),
    { signal },
  );
  host.addEventListener(
    'keydown',
    (key) => {
      const [left, right] = edges();
      const next = afterKey(key.key, moment.at ?? right, stepOf(range), left, right);
      if (next === undefined && key.key !== 'Escape') return;
      key.preventDefault();
      moment.choose(next);
    },
    { signal },
  );
  moment.follow(place, signal);
  return place;
}

/** Where a key leads from a moment; undefined if nowhere. */
export function afterKey(
  key: string,
  from: number,
  step: number,
  left: number,
  right: number,
): number | undefined {
  const steps = {
    ArrowLeft: -1,
    ArrowDown: -1,
    ArrowRight: 1,
    ArrowUp: 1,
    PageDown: -PAGE,
    PageUp: PAGE,
  };
  if (key === 'Home') return left;
  if (key === 'End') return right;
  const by = Object.hasOwn(steps, key) ? steps[key as keyof typeof steps] : undefined;
  return by === undefined ? undefined : Math.min(Math.max(from + by * step, left), right);
}

const DAY = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** When a span was, in seconds since 1970. */
export function describeSpan({ from, to }: Pick<Cell, 'from' | 'to'>, range: Range): string {
  const last = range.bucket ? HOUR_AND_MINUTE : TIME;
  const begin = (range.seconds > 3600 ? DAY : last).format(from * 1000);
  return from === to ? begin : `${begin} to ${last.format(to * 1000)}`;
}

/** The counts of a cell and when they were, as a sentence. */
export function describeCell(cell: Cell | undefined, moment: number, range: Range): string {
  const when = describeSpan(cell ?? { from: moment, to: moment }, range);
  if (!cell || (!cell.isKnown && sum(cell.counts) === 0)) return `${when}: not known`;
  if (sum(cell.counts) === 0) return `${when}: no posts`;
  const [positive, negative, neutral] = cell.counts;
  const atLeast = cell.isKnown ? '' : 'at least ';
  const balance = sureBalanceOf(cell.counts);
  const mood = balance === undefined ? '' : `; balance ${signed(balance)}`;
  return `${when}: ${atLeast}${positive} positive, ${neutral} neutral, ${negative} negative${mood}`;
}
