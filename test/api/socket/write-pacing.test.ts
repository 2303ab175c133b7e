import fc from 'fast-check';
import { expect, test } from 'vitest';
import { delayAfter, owedAfter } from '../../../src/api/socket/write-pacing.ts';

/** How long a flush took and how long nothing was written before it, in milliseconds. */
interface Flush {
  readonly cost: number;
  readonly rest: number;
}

const BOUND = fc.nat(1000);
const time = (max: number) => fc.double({ min: 0, max, noNaN: true });
const FLUSHES = fc.array(fc.record({ cost: time(200), rest: time(200) }), { minLength: 1 });

/** How long the next flush waits, `passed` after these. */
function delayOf(flushes: readonly Flush[], passed: number, bound: number): number {
  let owed = 0;
  for (const { cost, rest } of flushes) owed = owedAfter(owed, rest + cost, cost, bound);
  return delayAfter(owed, passed, bound);
}

test('a flush waits no longer than the bound', () => {
  fc.assert(
    fc.property(FLUSHES, time(200), BOUND, (flushes, passed, bound) => {
      const delay = delayOf(flushes, passed, bound);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(bound);
    }),
  );
});

test('no flush waits while flushes of up to 10 ms take up to a tenth of the time', () => {
  const rare = fc
    .array(time(10))
    .map((costs) => costs.map((cost) => ({ cost, rest: 9.01 * cost })));
  fc.assert(
    fc.property(rare, time(200), BOUND, (flushes, passed, bound) => {
      expect(delayOf(flushes, passed, bound)).toBe(0);
    }),
  );
});

test('a flush waits at least as long where flushes have cost more', () => {
  fc.assert(
    fc.property(
      FLUSHES,
      fc.nat(),
      time(200),
      time(200),
      BOUND,
      (flushes, at, more, passed, bound) => {
        const i = at % flushes.length;
        // The same moments: what a flush takes longer is time without writing before it.
        const dearer = flushes.map(({ cost, rest }, j) => {
          const extra = i === j ? Math.min(more, rest) : 0;
          return { cost: cost + extra, rest: rest - extra };
        });
        const difference = delayOf(dearer, passed, bound) - delayOf(flushes, passed, bound);
        expect(difference).toBeGreaterThan(-1e-9);
      },
    ),
  );
});

test('a flush waits for all of the bound while writing takes all of the time, and soon no more', () => {
  const flushes = Array.from({ length: 1000 }, () => ({ cost: 50, rest: 0 }));
  expect(delayOf(flushes, 10, 25)).toBe(25);
  expect(delayOf(flushes, 50, 25)).toBe(0);
});
