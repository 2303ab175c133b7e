import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Inflow } from '../../src/source/inflow.ts';

function open(perTick: number) {
  const read: (number | string)[] = [];
  let resumed = 0;
  const inflow = new Inflow<number, string>(perTick, {
    read: (item) => read.push(item),
    resume: () => {
      resumed += 1;
    },
    end: (end) => read.push(end),
  });
  return { inflow, read, resumed: () => resumed };
}

test('reads a burst in order, a bounded number of items a tick, and then goes on', async () => {
  const { inflow, read, resumed } = open(3);
  inflow.push([1, 2]);
  inflow.push([3, 4]);
  inflow.push([5, 6, 7]);
  expect(read).toEqual([1, 2, 3]);
  await setImmediate();
  expect(read).toEqual([1, 2, 3, 4, 5, 6]);
  await setImmediate();
  expect(read).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(resumed()).toBe(0);
  await setImmediate();
  await setImmediate();
  expect(resumed()).toBe(1);
});

test('ends once, for the first reason, when all that came before has been read', async () => {
  const { inflow, read } = open(1);
  inflow.push([1, 2]);
  inflow.end('the first reason');
  inflow.end('another');
  expect(read).toEqual([1]);
  for (let tick = 0; tick < 4; tick++) await setImmediate();
  inflow.push([3]);
  inflow.end('a third');
  expect(read).toEqual([1, 2, 'the first reason']);
});

test('produces an item only when it is read, and leaves the rest to be taken once it is stopped', async () => {
  const { inflow, read } = open(1);
  let made = 0;
  function* items() {
    for (;;) yield ++made;
  }
  inflow.push(items());
  inflow.stop();
  await setImmediate();
  expect([made, read]).toEqual([1, [1]]);
  expect(inflow.take()).toBe(2);
});

test('reads nothing while it is held, and goes on where it stopped', async () => {
  const { inflow, read, resumed } = open(2);
  inflow.push([1, 2, 3, 4, 5]);
  inflow.hold();
  inflow.push([6]);
  inflow.end('the end');
  for (let tick = 0; tick < 4; tick++) await setImmediate();
  expect([read, resumed()]).toEqual([[1, 2], 0]);
  inflow.goOn();
  expect(read).toEqual([1, 2, 3, 4]);
  for (let tick = 0; tick < 4; tick++) await setImmediate();
  expect(read).toEqual([1, 2, 3, 4, 5, 6, 'the end']);
});
