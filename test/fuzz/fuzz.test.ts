// Thirty thousand hostile inputs on all four surfaces. FUZZ_SEED=123 plays others; what is found names
// the command that plays it again.

import { expect, test } from 'vitest';
import { BATCH, describeFindings, describeProgress, fuzz } from './fuzz.ts';
import { SURFACES } from './session.ts';

const INPUTS = 30_000;
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
  for (const surface of SURFACES) expect(progress.bySurface[surface]).toBeGreaterThan(500);
  // Caches are full after the warm-up; a leak of 400 bytes an input would be 12 MiB.
  expect(progress.heap - progress.warmHeap).toBeLessThan(8 * MEBIBYTE);
  // The worker of the history starts meanwhile, and has some files of its own.
  expect(progress.files).toBeLessThanOrEqual(progress.filesAtStart + 12);
}, 300_000);
