import { expect, test } from 'vitest';
import { Throttle } from '../../src/cluster/throttle.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { ticks } from '../support/until.ts';

function start(options: { everyMs: number; gatherMs?: number }, job = async () => {}) {
  const clock = new FakeClock();
  const runs: number[] = [];
  const throttle = new Throttle({
    clock,
    ...options,
    job() {
      runs.push(clock.monotonic());
      return job();
    },
  });
  const pass = async (ms: number) => {
    clock.advance(ms);
    await ticks(1);
  };
  return { throttle, runs, pass };
}

test('the first request runs the job at once, and later ones share a run', async () => {
  const { throttle, runs, pass } = start({ everyMs: 100 });
  throttle.request();
  expect(runs).toEqual([0]);
  for (let i = 0; i < 10; i++) throttle.request();
  await pass(99);
  expect(runs).toEqual([0]);
  await pass(1);
  expect(runs).toEqual([0, 100]);
  await pass(1000);
  expect(runs).toEqual([0, 100]);
});

test('a run waits for more requests if it is told to', async () => {
  const { throttle, runs, pass } = start({ everyMs: 500, gatherMs: 100 });
  throttle.request();
  await pass(50);
  throttle.request();
  await pass(50);
  throttle.request();
  await pass(1000);
  expect(runs).toEqual([100, 600]);
});

test('no run starts before the last one has ended', async () => {
  const ends: (() => void)[] = [];
  const { throttle, runs, pass } = start(
    { everyMs: 100 },
    () => new Promise((end) => ends.push(end)),
  );
  throttle.request();
  throttle.request();
  await pass(1000);
  expect(runs).toEqual([0]);
  ends[0]?.();
  await pass(0);
  expect(runs).toEqual([0, 1000]);
});

test('none starts after the throttle was stopped', async () => {
  const ends: (() => void)[] = [];
  const { throttle, runs, pass } = start(
    { everyMs: 100 },
    () => new Promise((end) => ends.push(end)),
  );
  throttle.request();
  throttle.request();
  throttle.stop();
  ends[0]?.();
  await pass(1000);
  throttle.request();
  await pass(1000);
  expect(runs).toEqual([0]);
});
