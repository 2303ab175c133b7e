import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { atTime, systemClock } from '../../src/base/clock.ts';
import { FakeClock } from '../support/fake-clock.ts';

const YEAR = 365 * 86_400_000;

/** Node's own timers, moved by hand. */
function startTimers(): typeof vi {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  return vi;
}

describe.each([
  ['the system clock', () => ({ clock: systemClock, timers: startTimers() })],
  [
    'the clock of the tests',
    () => {
      const clock = new FakeClock();
      return { clock, timers: { advanceTimersByTime: (ms: number) => clock.advance(ms) } };
    },
  ],
])('%s', (_, begin) => {
  test.each([1, 60_000, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 10 * YEAR])(
    'waits %d ms, no less and no more, and once',
    (ms) => {
      const { clock, timers } = begin();
      const then = vi.fn();
      clock.after(ms, then);
      timers.advanceTimersByTime(ms - 1);
      expect(then).not.toHaveBeenCalled();
      timers.advanceTimersByTime(1);
      expect(then).toHaveBeenCalledOnce();
      timers.advanceTimersByTime(YEAR);
      expect(then).toHaveBeenCalledOnce();
    },
  );

  test.each([0, -1, Number.NEGATIVE_INFINITY])('does not wait %d ms', (ms) => {
    const { clock, timers } = begin();
    const then = vi.fn();
    clock.after(ms, then);
    expect(then).not.toHaveBeenCalled();
    timers.advanceTimersByTime(1);
    expect(then).toHaveBeenCalledOnce();
  });

  test.each([1e300, Number.POSITIVE_INFINITY])(
    'waits %d ms for longer than anybody lives',
    (ms) => {
      const { clock, timers } = begin();
      const then = vi.fn();
      const cancel = clock.after(ms, then);
      timers.advanceTimersByTime(100 * YEAR);
      expect(then).not.toHaveBeenCalled();
      cancel();
    },
  );

  test('does not ring for a wait that was called off, however far it had come', () => {
    const { clock, timers } = begin();
    const then = vi.fn();
    const cancel = clock.after(YEAR, then);
    timers.advanceTimersByTime(YEAR - 1);
    cancel();
    timers.advanceTimersByTime(YEAR);
    expect(then).not.toHaveBeenCalled();
  });

  test('takes a wait of NaN for a bug', () => {
    const { clock } = begin();
    expect(() => clock.after(Number.NaN, () => {})).toThrow(RangeError);
  });
});

test('the system clock never rings before its monotonic clock has moved as far', async () => {
  const early: number[] = [];
  const waits = Array.from({ length: 200 }, (_, i) => 5 + i / 20);
  await Promise.all(
    waits.map(async (ms) => {
      const due = systemClock.monotonic() + ms;
      await new Promise<void>((resolve) => systemClock.after(ms, resolve));
      if (systemClock.monotonic() < due) early.push(ms);
    }),
  );
  expect(early).toEqual([]);
});

function start(ms: number) {
  const clock = new FakeClock();
  let rung = 0;
  const cancel = atTime(clock, clock.now() + ms, () => {
    rung += 1;
  });
  return { clock, cancel, rung: () => rung };
}

describe('a moment to wait for', () => {
  test.each([0, 1, 59_999, 60_000, 60_001, YEAR])('%d ms away comes then, once', (ms) => {
    const { clock, rung } = start(ms);
    if (ms > 0) clock.advance(ms - 1);
    expect(rung()).toBe(0);
    clock.advance(ms > 0 ? 1 : 0);
    expect(rung()).toBe(1);
    clock.advance(YEAR);
    expect([rung(), clock.pending]).toEqual([1, 0]);
  });

  test('comes when the wall clock is set to it, within a minute', () => {
    const { clock, rung } = start(YEAR);
    clock.set(clock.now() + YEAR);
    clock.advance(60_000);
    expect(rung()).toBe(1);
  });

  test('does not come early when the wall clock is set back', () => {
    const { clock, rung } = start(100_000);
    clock.set(clock.now() - 50_000);
    clock.advance(100_000);
    expect(rung()).toBe(0);
    clock.advance(50_000);
    expect(rung()).toBe(1);
  });

  test('does not come when nobody waits any more, however often it was looked', () => {
    const { clock, cancel, rung } = start(YEAR);
    clock.advance(YEAR / 2);
    cancel();
    clock.advance(YEAR);
    expect([rung(), clock.pending]).toEqual([0, 0]);
  });

  test.each([YEAR, 2 ** 31, Number.POSITIVE_INFINITY])(
    '%d ms away is waited for in steps that a timer of Node.js holds',
    (ms) => {
      const setTimeout = vi.spyOn(globalThis, 'setTimeout');
      onTestFinished(() => setTimeout.mockRestore());
      atTime(systemClock, Date.now() + ms, () => {})();
      const [, step] = setTimeout.mock.calls[0] ?? [];
      // A longer one rings after a millisecond.
      expect(step).toBeLessThan(2 ** 31);
    },
  );
});
