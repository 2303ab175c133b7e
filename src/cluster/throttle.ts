// Runs a job on request, at most once in a given time. All requests before a run share it.

import type { Clock } from '../base/clock.ts';

interface ThrottleOptions {
  readonly clock: Clock;
  /** The shortest time between two runs, in milliseconds. */
  readonly everyMs: number;
  /** How long a run waits for more requests, in milliseconds. */
  readonly gatherMs?: number;
  /** No run starts before the last one has ended. MUST NOT reject. */
  readonly job: () => Promise<void> | void;
}

export class Throttle {
  readonly #options: ThrottleOptions;
  #startedAt = Number.NEGATIVE_INFINITY;
  #isRunning = false;
  #isRequested = false;
  #isStopped = false;
  #cancel = () => {};

  constructor(options: ThrottleOptions) {
    this.#options = options;
  }

  request(): void {
    if (this.#isRequested || this.#isStopped) return;
    this.#isRequested = true;
    if (!this.#isRunning) this.#schedule();
  }

  /** Starts no run any more. The last one may still be going on. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #schedule(): void {
    const { clock, everyMs, gatherMs = 0 } = this.#options;
    const wait = Math.max(gatherMs, this.#startedAt + everyMs - clock.monotonic());
    if (wait <= 0) void this.#run();
    else this.#cancel = clock.after(wait, () => void this.#run());
  }

  async #run(): Promise<void> {
    const { clock, job } = this.#options;
    this.#isRequested = false;
    this.#isRunning = true;
    this.#startedAt = clock.monotonic();
    await job();
    this.#isRunning = false;
    if (this.#isRequested && !this.#isStopped) this.#schedule();
  }
}
