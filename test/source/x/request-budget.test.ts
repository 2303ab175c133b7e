import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WINDOW_MS } from '../../../src/source/x/limits.ts';
import { RequestBudget } from '../../../src/source/x/request-budget.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('a budget', () => {
  test('holds in every window, wherever it begins', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.array(fc.integer({ min: 0, max: 120_000 }), { minLength: 50, maxLength: 400 }),
        (perWindow, pauses) => {
          const clock = new FakeClock();
          const budget = new RequestBudget(perWindow, clock);
          const spent: number[] = [];
          for (const pause of pauses) {
            clock.advance(pause);
            while (budget.take()) spent.push(clock.monotonic());
          }
          for (const [n, at] of spent.entries()) {
            const first = spent[n - perWindow];
            if (first !== undefined) expect(at - first).toBeGreaterThanOrEqual(WINDOW_MS * 0.999);
          }
        },
      ),
      { seed: 3, numRuns: 100 },
    );
  });

  test('tells exactly how long to wait, and keeps a reserve', () => {
    const clock = new FakeClock();
    const budget = new RequestBudget(100, clock);
    while (budget.take(4));
    expect(budget.wait(0)).toBe(0);
    for (let i = 0; i < 4; i++) budget.take();
    const wait = budget.wait();
    clock.advance(wait - 1);
    expect(budget.wait()).toBeGreaterThan(0);
    clock.advance(1);
    expect(budget.wait()).toBe(0);
    budget.block(60_000);
    expect(budget.wait()).toBe(60_000);
  });
});
