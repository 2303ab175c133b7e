// Runs a step when it is due, one at a time.

import type { Clock } from '../../base/clock.ts';

export class SerialTimer {
  readonly #clock: Clock;
  readonly #step: () => Promise<number | undefined>;
  #due = Number.POSITIVE_INFINITY;
  #cancel = () => {};
  #running = Promise.resolve();
  #stopped = false;

  /** `step` returns after how many milliseconds the next one is due, if any is. */
  constructor(clock: Clock, step: () => Promise<number | undefined>) {
    this.#clock = clock;
    this.#step = step;
  }

  /** Runs a step in `ms` milliseconds at the latest, or once the current one is done. */
  arm(ms: number): void {
    const due = this.#clock.monotonic() + ms;
    if (this.#stopped || due >= this.#due) return;
    this.#cancel();
    this.#due = due;
    this.#cancel = this.#clock.after(ms, () => {
      this.#due = Number.POSITIVE_INFINITY;
      this.#running = this.#running.then(async () => {
        if (this.#stopped) return;
        const wait = await this.#step();
        if (wait !== undefined) this.arm(wait);
      });
    });
  }

  /** No step begins after this. Resolves when the last one is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#running;
  }
}
