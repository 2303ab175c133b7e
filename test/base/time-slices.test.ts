import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { TimeSlices } from '../../src/base/time-slices.ts';
import { FakeClock } from '../support/fake-clock.ts';

function start() {
  const clock = new FakeClock();
  const slices = new TimeSlices(clock);
  const order: number[] = [];
  /** Waits until `count` steps are done, and returns how many each tick did. */
  async function ticksUntil(count: number): Promise<number[]> {
    const ticks: number[] = [];
    while (order.length < count) {
      const before = order.length;
      await setImmediate();
      ticks.push(order.length - before);
    }
    return ticks;
  }
  return { clock, slices, order, ticksUntil };
}

test('a tick takes steps at once while it has time, and the others wait in order', async () => {
  const { clock, slices, order, ticksUntil } = start();
  const waits = Array.from({ length: 8 }, (_, i) =>
    slices.run(() => {
      order.push(i);
      clock.spend(0.4);
    }),
  );
  expect(waits).toEqual([false, false, false, true, true, true, true, true]);
  expect(await ticksUntil(8)).toEqual([3, 2]);
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(slices.isIdle).toBe(true);
  await setImmediate();
  expect(slices.run(() => {})).toBe(false);
});

test('what a step does in its promises takes time of the tick, and a long step has a tick to itself', async () => {
  const { clock, slices, order, ticksUntil } = start();
  for (let i = 0; i < 4; i++) {
    slices.add(async () => {
      for (let n = 0; n < 10; n++) await undefined;
      order.push(i);
      clock.spend(5);
    });
  }
  expect(await ticksUntil(4)).toEqual([1, 1, 1, 1]);
  expect(order).toEqual([0, 1, 2, 3]);
});

test('a step that is added by another one comes after those that wait', async () => {
  const { slices, order, ticksUntil } = start();
  slices.add(() => {
    order.push(0);
    slices.add(() => order.push(2));
  });
  slices.add(() => order.push(1));
  await ticksUntil(3);
  expect(order).toEqual([0, 1, 2]);
});
