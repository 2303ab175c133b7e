// Waits for something to have happened: looks again after each tick of the event loop, and never sleeps.

import type { FakeClock } from './fake-clock.ts';

const DEADLINE_MS = 8000;

export async function until(condition: () => boolean, what = String(condition)): Promise<void> {
  const start = performance.now();
  while (!condition()) {
    if (performance.now() - start > DEADLINE_MS) throw new Error(`never came true: ${what}`);
    await tick();
  }
}

/** The same, moving the clock to whatever is due next whenever nothing happens by itself. */
export async function untilWith(
  clock: FakeClock,
  condition: () => boolean,
  what = String(condition),
): Promise<void> {
  const start = performance.now();
  while (!condition()) {
    if (performance.now() - start > DEADLINE_MS) throw new Error(`never came true: ${what}`);
    await ticks(4);
    if (!condition() && clock.next !== undefined) clock.advance(Math.min(clock.next, STRIDE_MS));
  }
}

/** So small a step that an answer on its way is not taken for lost. */
const STRIDE_MS = 100;

export async function ticks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await tick();
}

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
