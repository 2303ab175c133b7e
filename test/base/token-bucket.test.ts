import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TokenBucket } from '../../src/base/token-bucket.ts';

const acts = fc.array(fc.record({ wait: fc.nat(2000), cost: fc.integer({ min: 1, max: 5 }) }), {
  maxLength: 100,
});

test('a bucket gives, in any stretch of time, no more than its size, its rate and one debt', () => {
  fc.assert(
    fc.property(
      acts,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 40 }),
      (all, rate, size) => {
        const bucket = new TokenBucket(rate, size, 0);
        const taken: { at: number; cost: number }[] = [];
        let now = 0;
        for (const { wait, cost } of all) {
          now += wait;
          if (bucket.take(now, cost)) taken.push({ at: now, cost });
        }
        for (const [i, first] of taken.entries()) {
          let sum = 0;
          for (const { at, cost } of taken.slice(i)) {
            // What is taken last may cost more than is there.
            expect(sum).toBeLessThanOrEqual(size + ((at - first.at) / 1000) * rate + 1e-6);
            sum += cost;
          }
        }
      },
    ),
  );
});

test('a bucket gives again as it drips, and is as new once it is full', () => {
  const bucket = new TokenBucket(20, 20, 0);
  for (let i = 0; i < 20; i++) expect(bucket.take(0)).toBe(true);
  expect(bucket.take(0)).toBe(false);
  expect(bucket.take(49)).toBe(false);
  expect(bucket.take(50)).toBe(true);
  expect(bucket.isFull(1049)).toBe(false);
  expect(bucket.isFull(1050)).toBe(true);
});

test('a bucket is charged beyond what it has, and says how long nothing is to be had', () => {
  const bucket = new TokenBucket(10, 20, 0);
  bucket.charge(0, 19);
  expect(bucket.wait(0)).toBe(0);
  bucket.charge(0, 20);
  expect(bucket.wait(0)).toBe(2000);
  expect(bucket.wait(1500)).toBe(500);
  expect([bucket.take(1999), bucket.take(2000)]).toEqual([false, true]);
});

test('a bucket without a limit is never empty', () => {
  const { POSITIVE_INFINITY } = Number;
  const bucket = new TokenBucket(POSITIVE_INFINITY, POSITIVE_INFINITY, 0);
  for (let now = 0; now < 100; now++) expect(bucket.take(now, 1e9)).toBe(true);
  bucket.charge(100, 1e9);
  expect([bucket.isFull(100), bucket.wait(100)]).toEqual([true, 0]);
});
