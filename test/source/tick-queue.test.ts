import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { TickQueue } from '../../src/source/tick-queue.ts';

function open(perTick: number) {
  const read: number[] = [];
  let emptied = 0;
  const queue = new TickQueue<number>(perTick, {
    read: (item) => read.push(item),
    empty: () => {
      emptied += 1;
    },
  });
  return { queue, read, emptied: () => emptied };
}

test('reads a burst in order, a bounded number of items a tick, and says when it is through', async () => {
  const { queue, read, emptied } = open(3);
  queue.push([1, 2]);
  queue.push([3, 4]);
  queue.push([5, 6, 7]);
  expect(read).toEqual([1, 2, 3]);
  await setImmediate();
  expect(read).toEqual([1, 2, 3, 4, 5, 6]);
  expect(emptied()).toBe(0);
  await setImmediate();
  expect(read).toEqual([1, 2, 3, 4, 5, 6, 7]);
  await setImmediate();
  await setImmediate();
  expect(emptied()).toBe(1);
});

test('makes an item no sooner than it is read', async () => {
  const { queue, read } = open(1);
  let made = 0;
  function* items() {
    for (;;) yield ++made;
  }
  queue.push(items());
  expect([made, read]).toEqual([1, [1]]);
  expect(queue.take()).toBe(2);
  queue.clear();
  await setImmediate();
  expect([made, read]).toEqual([2, [1]]);
});
