import { expect, onTestFinished, test, vi } from 'vitest';
import { ServerClock } from '../../src/web/server-clock.ts';

const TOLD = Date.UTC(2026, 10, 20, 10);

/** A browser whose clock is an hour ahead of the server. */
function start(): ServerClock {
  onTestFinished(() => void vi.useRealTimers());
  vi.useFakeTimers({ now: TOLD + 3_600_000 });
  return new ServerClock();
}

function iso(ms: number): string {
  return new Date(TOLD + ms).toISOString();
}

test('the page goes by the time that the server tells, whatever becomes of the clock of the browser', () => {
  const clock = start();
  clock.set(iso(0));
  vi.advanceTimersByTime(1500);
  vi.setSystemTime(0);
  expect(clock.now()).toBe(TOLD + 1500);
  clock.set(iso(-60_000));
  expect(clock.now()).toBe(TOLD - 60_000);
});

test('a server that does not tell the time leaves the page that of the browser', () => {
  const clock = start();
  for (const time of [undefined, null, 5, {}, '', 'soon']) clock.set(time);
  vi.advanceTimersByTime(1500);
  expect(clock.now()).toBe(Date.now());
});

test('a time that has been on its way moves the page on, and never back', () => {
  const clock = start();
  clock.set(iso(0));
  expect([clock.catchUp(iso(5000)), clock.catchUp(iso(-5000)), clock.catchUp('')]).toEqual([
    5000, 0, 0,
  ]);
  expect(clock.now()).toBe(TOLD + 5000);
});
