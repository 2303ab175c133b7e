import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drainInBatches } from '../../../src/api/socket/drain.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { seeded } from '../../support/seeded.ts';

/** Tells `count` clients to leave; returns when each was told, in milliseconds. */
async function tell(count: number, random: () => number): Promise<number[]> {
  const clock = new FakeClock();
  const moments: number[] = [];
  const drains = Array.from({ length: count }, () => () => void moments.push(clock.monotonic()));
  const told = drainInBatches(drains, clock, random);
  clock.advance(10_000);
  await told;
  return moments;
}

test('everybody is told once, and nobody after five seconds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(20_000), fc.nat(), async (count, seed) => {
      const moments = await tell(count, seeded(seed));
      expect(moments).toHaveLength(count);
      expect(Math.max(0, ...moments)).toBeLessThan(5000);
    }),
    { numRuns: 50 },
  );
});

test('fifty are told at once', async () => {
  expect(new Set(await tell(50, seeded(1)))).toEqual(new Set([0]));
});

test('a few thousand are told no faster than others like this server let them in', async () => {
  const moments = await tell(4000, seeded(3));
  for (let second = 0; second < 4; second++) {
    const told = moments.filter((moment) => Math.floor(moment / 1000) === second);
    expect(told.length).toBeLessThan(1150);
  }
});

test('ten thousand are told in many small batches', async () => {
  const batches = new Map<number, number>();
  for (const moment of await tell(10_000, seeded(2))) {
    batches.set(moment, (batches.get(moment) ?? 0) + 1);
  }
  expect(batches.size).toBe(100);
  expect(Math.max(...batches.values())).toBeLessThan(200);
});

test('it is over when the last of them is through', async () => {
  const through = Promise.withResolvers<void>();
  let over = false;
  const told = drainInBatches([() => through.promise], new FakeClock(), () => 0).then(() => {
    over = true;
  });
  await Promise.resolve();
  expect(over).toBe(false);
  through.resolve();
  await told;
});
