// Does what a crowd of clients asks for at once a little in each tick, so that live events pass in between.

import type { Clock } from './clock.ts';

/** How much of each tick may go to such steps, in milliseconds. A step that takes longer has a tick to itself. */
const SLICE_MS = 1;

interface Waiting {
  readonly step: () => void;
  next: Waiting | undefined;
}

export class TimeSlices {
  readonly #clock: Clock;
  #first: Waiting | undefined;
  #last: Waiting | undefined;
  /** When the first step of this tick began. */
  #began: number | undefined;
  #isScheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isIdle(): boolean {
    return this.#first === undefined;
  }

  /** Takes `step` now if this tick has time for it, and else as `add` does. Returns whether it waits. */
  run(step: () => void): boolean {
    const waits = !this.isIdle || !this.#hasTime();
    if (waits) this.add(step);
    else step();
    return waits;
  }

  /** Takes `step` soon, after those that came before. */
  add(step: () => void): void {
    const waiting = { step, next: undefined };
    if (this.#last === undefined) this.#first = waiting;
    else this.#last.next = waiting;
    this.#last = waiting;
    this.#schedule();
  }

  #hasTime(): boolean {
    this.#schedule();
    const now = this.#clock.monotonic();
    this.#began ??= now;
    return now - this.#began < SLICE_MS;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#began = undefined;
      this.#goOn();
    });
  }

  #goOn(): void {
    const waiting = this.#first;
    if (waiting === undefined || !this.#hasTime()) return;
    this.#first = waiting.next;
    if (this.#first === undefined) this.#last = undefined;
    waiting.step();
    // Node.js calls this after all promises that the step has settled, so that their time counts, too.
    queueMicrotask(() => process.nextTick(() => this.#goOn()));
  }
}
