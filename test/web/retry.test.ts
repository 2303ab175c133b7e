import { expect, onTestFinished, test, vi } from 'vitest';
import { describeErrors, hurry, waitAtLimit, waitToRetry } from '../../src/web/retry.ts';

/** The wait of each attempt until it ends, in milliseconds; `share` is what chance gives. */
async function waitsOf(
  wait: (retries: number) => Promise<void>,
  attempts: readonly number[],
  share: number,
): Promise<number[]> {
  vi.useFakeTimers();
  const random = vi.spyOn(Math, 'random').mockReturnValue(share);
  onTestFinished(() => {
    random.mockRestore();
    vi.useRealTimers();
  });
  const waits: number[] = [];
  for (const retries of attempts) {
    const begin = Date.now();
    const ended = wait(retries);
    await vi.runAllTimersAsync();
    await ended;
    waits.push(Date.now() - begin);
  }
  return waits;
}

test('waits grow with each attempt, and differ by chance', async () => {
  const attempts = [0, 1, 2, 5, 1000];
  expect(await waitsOf(waitToRetry, attempts, 1)).toEqual([500, 1000, 2000, 8000, 8000]);
  expect(await waitsOf(waitToRetry, attempts, 0)).toEqual([250, 500, 1000, 4000, 4000]);
  expect(await waitsOf(waitAtLimit, attempts, 1)).toEqual([1000, 2000, 4000, 32_000, 64_000]);
});

test('all waits end when what they wait for may have come', async () => {
  const waits = [waitToRetry(0), waitAtLimit(9)];
  hurry();
  await Promise.all(waits);
});

test('says that it tries again after a limit, and not after a mistake', () => {
  const error = (code: string) => ({ message: 'Not now.', extensions: { code } });
  expect(describeErrors([error('LIMIT_REACHED')])).toBe(
    'Not now. This page tries again by itself.',
  );
  expect(describeErrors([error('BAD_TRACK')])).toBe('Not now.');
  expect(describeErrors([])).toBe('The server gave no reason.');
});
