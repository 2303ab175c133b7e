// Ten thousand hostile inputs on all four surfaces. FUZZ_SEED=123 plays others. Each finding names the command that plays
// it again.

import { expect, test } from 'vitest';
import { BATCH, describeFindings, describeProgress, fuzz } from './fuzz.ts';
import { SURFACES } from './session.ts';

const INPUTS = 10_000;
const SEED = Number(process.env.FUZZ_SEED ?? 20261125);
const MEBIBYTE = 2 ** 20;

test(`nothing that a client sends ends the server, shows its inside or stays in its memory (seed ${SEED})`, async () => {
  const progress = await fuzz({
    seed: SEED,
    from: 0,
    next: ({ inputs }) => (inputs < INPUTS ? BATCH : 0),
  });
  console.log(describeProgress(progress));
  expect(describeFindings(progress)).toBe('');
  expect(progress.inputs).toBeGreaterThanOrEqual(INPUTS);
  for (const surface of SURFACES) expect(progress.bySurface[surface]).toBeGreaterThan(200);
  // After the warm-up, a third of the inputs, caches grow by 2 MiB. A leak of 400 bytes an input would add 2.5 MiB.
  expect(progress.heap - progress.warmHeap).toBeLessThan(4 * MEBIBYTE);
  // The worker of the history starts meanwhile, and has some files of its own.
  expect(progress.files).toBeLessThanOrEqual(progress.filesAtStart + 12);
}, 300_000);
