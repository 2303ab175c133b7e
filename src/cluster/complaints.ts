// What a node logs about what others send, so seldom that nobody can fill the log with it.

import type { Clock } from '../clock.ts';

/** Of each kind, a line is logged once in so many milliseconds at most. */
const COMPLAIN_EVERY_MS = 60_000;

export class Complaints {
  readonly #clock: Clock;
  readonly #at = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `say`, if it is time. */
  once(kind: 'bad' | 'scoring', say: () => void): void {
    const now = this.#clock.monotonic();
    if (now - (this.#at.get(kind) ?? Number.NEGATIVE_INFINITY) < COMPLAIN_EVERY_MS) return;
    this.#at.set(kind, now);
    say();
  }
}
