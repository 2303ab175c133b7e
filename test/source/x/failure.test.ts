import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FailureKind, retryWait, waitForReset } from '../../../src/source/x/failure.ts';
import { WINDOW_MS } from '../../../src/source/x/limits.ts';

const NOW = Date.parse('2026-11-20T10:00:00Z');
const MINUTE = 60_000;
const KINDS = ['network', 'http', 'limited', 'taken', 'no-rules', 'forbidden'] as const;

/** The wait after `attempt` failures in a row and another one, which may have a reset. */
function wait(kind: FailureKind, attempt: number, resetAt?: number): number {
  return (
    retryWait({ kind, reason: 'no', resetAt }, { [kind]: attempt }, NOW, () => 0) ?? Number.NaN
  );
}

describe('a wait for X', () => {
  test('is never shorter than its schedule, and never much longer than a window, whatever X says', () => {
    const resets = fc.oneof(
      fc.double(),
      fc.integer({ min: -60_000, max: 20 * MINUTE }).map((ms) => NOW + ms),
      fc.constantFrom(NOW * 1000, 1e300, Number.POSITIVE_INFINITY, Number.NaN, NOW + 1, -1, 0),
    );
    fc.assert(
      fc.property(resets, fc.constantFrom(...KINDS), fc.nat(12), (resetAt, kind, attempt) => {
        const waited = wait(kind, attempt, resetAt);
        expect(waited).toBeGreaterThanOrEqual(wait(kind, attempt));
        expect(waited).toBeLessThanOrEqual(WINDOW_MS + MINUTE);
      }),
      { seed: 7, numRuns: 2000 },
    );
  });

  test('grows even if every answer says to come back in a millisecond', () => {
    const waits = [0, 1, 2, 3, 9].map((attempt) => wait('limited', attempt, NOW + 1));
    expect(waits.map((ms) => ms / MINUTE)).toEqual([1, 2, 4, 8, 15]);
  });

  test('lasts until the window ends if X says when, and follows its schedule if not', () => {
    expect(wait('limited', 0, NOW + 11 * MINUTE)).toBe(11 * MINUTE);
    expect(wait('limited', 0, NOW + 17 * MINUTE)).toBe(MINUTE);
    expect(wait('limited', 0, NOW - 1)).toBe(MINUTE);
  });

  test.each([undefined, NOW, NOW - 1, NOW + 17 * MINUTE, NOW * 1000, 1e300, Infinity, NaN])(
    'does not follow a reset at %s',
    (resetAt) => {
      expect(waitForReset(resetAt, NOW)).toBeUndefined();
    },
  );
});
