// A clock that is moved by hand, so that a test of a day takes no time.

import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/base/clock.ts';

interface Timer {
  readonly at: number;
  readonly then: () => void;
}

export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now: number;
  #monotonic = 0;

  constructor(now = Date.parse('2026-11-20T10:00:00Z')) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(ms: number, then: () => void): () => void {
    if (Number.isNaN(ms)) throw new RangeError('a wait must be a number of milliseconds');
    const timer = { at: this.#monotonic + Math.max(0, ms), then };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer rings. */
  get next(): number | undefined {
    const first = this.#first();
    return first && Math.max(0, first.at - this.#monotonic);
  }

  /** Moves time, ringing what falls due in order, at its own moment. */
  advance(ms: number): void {
    const end = this.#monotonic + ms;
    for (let timer = this.#first(); timer && timer.at <= end; timer = this.#first()) {
      this.#move(timer.at);
      this.#timers.delete(timer);
      timer.then();
    }
    this.#move(end);
  }

  /** Lets time pass as busy code does: what falls due rings when the time is moved on next. */
  spend(ms: number): void {
    this.#move(this.#monotonic + ms);
  }

  /** Sets the wall clock alone, as an administrator might. */
  set(now: number): void {
    this.#now = now;
  }

  #move(to: number): void {
    const by = Math.max(0, to - this.#monotonic);
    this.#monotonic += by;
    this.#now += by;
  }

  #first(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) if (!first || timer.at < first.at) first = timer;
    return first;
  }
}

/** Lets time pass, tick by tick of the event loop, until `done` has settled. */
export async function passTime<T>(
  clock: Pick<FakeClock, 'advance'>,
  done: Promise<T>,
  step = 100,
): Promise<T> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  done.then(settle, settle);
  while (!settled) {
    clock.advance(step);
    await setImmediate();
  }
  return done;
}
