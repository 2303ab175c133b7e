// Nodes that read X in turn, each with a folder of its own, and some of them killed.

import { expect, test } from 'vitest';
import { FakeClock } from '../../support/fake-clock.ts';
import { createLedger } from '../../support/memory-ledger.ts';
import { tempFolder } from '../../support/temp-file.ts';
import { ticks } from '../../support/until.ts';
import { allowanceOf } from '../../support/x-source.ts';

/** Posts of a second, and those that come after it and before a kill. */
const SHARED = 30;
const LAST = 7;
/** What a kill may add too much. */
const AHEAD = 20;

test('over ten takeovers, only what a killed node read last is missing, until it starts again', async () => {
  const clock = new FakeClock();
  const kept = createLedger();
  const start = async (stateDir: string) => {
    const allowance = allowanceOf(clock, { stateDir });
    allowance.shareBy(kept.ledger);
    await allowance.refresh();
    return allowance;
  };
  const killed: string[] = [];
  let read = 0;
  let missing = 0;
  for (let turn = 0; turn < 10; turn++) {
    const stateDir = tempFolder();
    const node = await start(stateDir);
    expect(node.usage.postsToday).toBe(read - missing);
    for (let i = 0; i < SHARED; i++) node.count();
    clock.advance(1000);
    await ticks(2);
    for (let i = 0; i < LAST; i++) node.count();
    read += SHARED + LAST;
    if (turn % 3 === 0) {
      await node.flush();
    } else {
      killed.push(stateDir);
      missing += LAST;
    }
    node.close();
  }

  for (const [at, stateDir] of killed.entries()) {
    missing -= LAST;
    const total = (await start(stateDir)).usage.postsToday;
    expect(total).toBeGreaterThanOrEqual(read - missing);
    expect(total).toBeLessThanOrEqual(read - missing + AHEAD * (at + 1));
    // Killed again at once, it adds nothing again.
    expect((await start(stateDir)).usage.postsToday).toBe(total);
  }
  expect(missing).toBe(0);
});
