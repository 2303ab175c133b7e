// How tall the charts are: one scale for all of them, so that they compare, changing without a jolt.

import type { Reach } from './chart.ts';
import { type Curves, WINDOW_SECONDS } from './rolling-window.ts';

/** The share of the way to its new height that a scale goes in a second (as a rate of decay). */
const PACE = 6;

/** A window that has just begun is this wide, in seconds, and grows to its full width. */
const YOUNGEST = 60;

export class SharedReach {
  #current: Reach = { above: 1, below: 1, back: YOUNGEST };
  #at = 0;

  /** What fits all curves, the oldest `since` then. Milliseconds. `still` goes there at once. */
  fit(all: readonly Curves[], since: number, now: number, still: boolean): Reach {
    const wanted = {
      above: roundUp(
        Math.max(
          0,
          ...all.flatMap(([, positive, , neutral]) => [highest(positive), highest(neutral)]),
        ),
      ),
      below: roundUp(Math.max(0, ...all.map(([, , negative]) => highest(negative)))),
    };
    const seconds = Math.min((now - this.#at) / 1000, 1);
    this.#at = now;
    const step = still ? 1 : 1 - Math.exp(-PACE * seconds);
    this.#current = {
      above: approach(this.#current.above, wanted.above, step),
      below: approach(this.#current.below, wanted.below, step),
      back: Math.min(Math.max((now - since) / 1000, YOUNGEST), WINDOW_SECONDS),
    };
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

function highest(values: readonly (number | null)[]): number {
  let most = 0;
  for (const value of values) if (value !== null && value > most) most = value;
  return most;
}
