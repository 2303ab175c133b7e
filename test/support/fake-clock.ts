// A clock that a test moves by hand.

import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

export interface FakeClock extends Clock {
  /** Moves time on by `ms`, calling on the way what has become due, in order. */
  advance(ms: number): void;
  /** How many calls are still to come. */
  readonly pending: number;
}

export function createFakeClock(start = Date.UTC(2026, 10, 20)): FakeClock {
  let now = start;
  const timers = new Set<{ readonly at: number; readonly then: () => void }>();
  return {
    now: () => now,
    monotonic: () => now - start,
    after(ms, then) {
      const timer = { at: now + ms, then };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (!due) break;
        timers.delete(due);
        now = Math.max(now, due.at);
        due.then();
      }
      now = end;
    },
    get pending() {
      return timers.size;
    },
  };
}

/** Lets time pass, turn by turn of the event loop, until `done` has settled. */
export async function passTime<T>(clock: FakeClock, done: Promise<T>, step = 100): Promise<T> {
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
