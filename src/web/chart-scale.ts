// One scale for all charts, so that they can be compared. It changes smoothly.

import type { ChartScale } from './chart.ts';
import type { Picture } from './picture.ts';
import type { Curves } from './rolling-window.ts';

/** How fast the scale approaches its new height, as a rate of decay a second. */
const PACE = 6;

/** The width of a new window, in seconds. It grows to its full width. */
const YOUNGEST = 60;

export class SharedScale {
  #current: ChartScale = { above: 1, below: 1, back: YOUNGEST };
  #at = 0;
  #longest = 0;
  /** Whether the last scale is still on its way to the height that fits. */
  isGliding = false;

  /**
   * The scale that fits all pictures, at most `longest` seconds wide. `now` is in milliseconds. `still` skips the
   * animation.
   */
  fit(all: readonly Picture[], longest: number, now: number, still: boolean): ChartScale {
    const most = (...polarities: readonly (0 | 1 | 2)[]) =>
      Math.max(0, ...all.flatMap((picture) => polarities.map((i) => highest(picture, i))));
    const wanted = { above: roundUp(most(0, 2)), below: roundUp(most(1)) };
    const since = Math.min(now, ...all.map((picture) => picture.since));
    // The clock may have been set back.
    const seconds = Math.min(Math.abs(now - this.#at) / 1000, 1);
    this.#at = now;
    // Heights of different ranges have nothing to do with each other.
    const isNew = longest !== this.#longest;
    this.#longest = longest;
    const step = still || isNew ? 1 : 1 - Math.exp(-PACE * seconds);
    this.#current = {
      above: approach(this.#current.above, wanted.above, step),
      below: approach(this.#current.below, wanted.below, step),
      back: Math.min(Math.max((now - since) / 1000, YOUNGEST), longest),
    };
    this.isGliding = this.#current.above !== wanted.above || this.#current.below !== wanted.below;
    return this.#current;
  }
}

/** The next round number, so that the scale seldom changes. */
export function roundUp(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 3, 4, 6, 8, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

function approach(from: number, to: number, step: number): number {
  return Math.abs(to - from) < to / 200 ? to : from + (to - from) * step;
}

function highest({ curves, partial }: Picture, polarity: 0 | 1 | 2): number {
  let most = 0;
  const values: Curves[1] = curves[(polarity + 1) as 1 | 2 | 3];
  for (const value of values) if (value !== null && value > most) most = value;
  for (const { counts } of partial) most = Math.max(most, counts[polarity]);
  return most;
}
