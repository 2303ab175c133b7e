// Waiting for what another part of the program does, without waiting for time.

import { setImmediate } from 'node:timers/promises';

/** Turns of the event loop after which a condition that does not come true is given up. */
const MOST_TURNS = 1_000_000;

/** Resolves in the first turn of the event loop in which `condition` holds. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    if (condition()) return;
    await setImmediate();
  }
  throw new Error(`never came true: ${what}`);
}
