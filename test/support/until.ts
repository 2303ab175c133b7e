// Waits for something to have happened, and looks again and again. What happens in this process happens within some ticks
// of the event loop. What takes longer happens elsewhere, and a loop without a pause would take the CPU away from it.

import { setTimeout } from 'node:timers/promises';
import type { FakeClock } from './fake-clock.ts';

/** A busy machine takes many times as long as an idle one. */
export const DEADLINE_MS = 60_000;
/** Ticks without a pause. */
const HURRIED_TICKS = 100;
const PAUSE_MS = 2;
/** A question to a server takes time of its own. */
const ASK_PAUSE_MS = 20;

export async function until(condition: () => boolean, what = String(condition)): Promise<void> {
  const start = performance.now();
  for (let looked = 0; !condition(); looked++) {
    if (performance.now() - start > DEADLINE_MS) throw new Error(`never came true: ${what}`);
    await (looked < HURRIED_TICKS ? tick() : setTimeout(PAUSE_MS));
  }
}

/** The same for what only a question can tell, most often to a server. */
export async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const start = performance.now();
  while (!(await holds())) {
    if (performance.now() - start > DEADLINE_MS) throw new Error(`never came true: ${holds}`);
    await setTimeout(ASK_PAUSE_MS);
  }
}

/** As `until` does, moving the clock to whatever is due next whenever nothing happens by itself. */
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

/** A small step, so that an answer on its way does not count as lost. */
const STRIDE_MS = 100;

export async function ticks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await tick();
}

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
