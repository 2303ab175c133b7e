// Spikes: seldom seen where there is none, and found where there is one.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSpike, LEAST_MINUTES, MOST_MINUTES } from '../../src/history/spike.ts';
import { seeded } from '../support/seeded.ts';

const random = seeded(7);

function normal(): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Posts of a minute that come independently, `mean` on average (Knuth; large means by the normal distribution). */
function poisson(mean: number): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
  let count = 0;
  for (let left = random(); left > Math.exp(-mean); left *= random()) count += 1;
  return count;
}

/** From the gamma distribution (Marsaglia and Tsang). */
function gamma(shape: number): number {
  if (shape < 1) return gamma(shape + 1) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const x = normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Posts of a minute that come in bursts: the variance is `dispersion` times the mean (negative binomial). */
function bursts(mean: number, dispersion: number): number {
  return poisson(gamma(mean / (dispersion - 1)) * (dispersion - 1));
}

/** The share of `runs` minutes that count as a spike. */
function share(runs: number, minutes: number, usual: () => number, last = usual): number {
  let spikes = 0;
  for (let run = 0; run < runs; run++) {
    if (isSpike(last(), Array.from({ length: minutes }, usual))) spikes += 1;
  }
  return spikes / runs;
}

const MEANS = [0.2, 1, 3, 10, 30, 100, 1000];

describe('a steady topic', () => {
  test.each(MEANS)('of %d independent posts a minute has no spike', (mean) => {
    expect(share(20_000, 5, () => poisson(mean))).toBeLessThanOrEqual(1e-4);
    expect(share(5000, 60, () => poisson(mean))).toBeLessThanOrEqual(2e-4);
  });

  test.each(MEANS)('of %d posts a minute in bursts seldom has one', (mean) => {
    expect(share(20_000, 5, () => bursts(mean, 2))).toBeLessThan(2e-3);
    expect(share(5000, 60, () => bursts(mean, 4))).toBeLessThan(5e-3);
  });

  test('that doubles within an hour has none, and still shows a sudden rise', () => {
    const rising = (minute: number) => poisson(20 + (20 * minute) / MOST_MINUTES);
    const before = Array.from({ length: MOST_MINUTES }, (_, minute) => rising(minute));
    expect(isSpike(rising(MOST_MINUTES), before)).toBe(false);
    expect(isSpike(120, before)).toBe(true);
  });
});

describe('a rise', () => {
  test.each([
    ['from nothing to 40', 0, 40],
    ['from 1 to 25', 1, 25],
    ['from 10 to 50', 10, 50],
    ['from 100 to 300', 100, 300],
    ['from 1,000 to 2,400', 1000, 2400],
  ])('%s posts a minute is a spike', (_, usual, raised) => {
    const found = share(
      500,
      5,
      () => poisson(usual),
      () => poisson(raised),
    );
    expect(found).toBeGreaterThan(0.9);
  });

  test('of a topic that comes in bursts has to be larger', () => {
    const usual = () => bursts(30, 4);
    expect(share(500, 15, usual, () => bursts(60, 4))).toBeLessThan(0.3);
    expect(share(500, 15, usual, () => bursts(300, 4))).toBeGreaterThan(0.95);
  });

  test('by less than a factor of two is none, however significant', () => {
    expect(isSpike(19_000, [10_000, 10_010, 9990, 10_000, 10_000])).toBe(false);
  });

  test('to a few posts is none', () => {
    expect(isSpike(9, Array(MOST_MINUTES).fill(0))).toBe(false);
  });

  test('after less than five minutes is none', () => {
    expect(isSpike(1000, Array(LEAST_MINUTES - 1).fill(1))).toBe(false);
    expect(isSpike(1000, Array(LEAST_MINUTES).fill(1))).toBe(true);
  });
});

test('one more post never ends a spike', () => {
  const minutes = fc.array(fc.nat(2000), { minLength: LEAST_MINUTES, maxLength: MOST_MINUTES });
  fc.assert(
    fc.property(minutes, fc.nat(10_000), (before, last) => {
      if (isSpike(last, before)) expect(isSpike(last + 1, before)).toBe(true);
    }),
  );
});
