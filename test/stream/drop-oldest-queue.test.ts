import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DropOldestQueue, QUEUE_BYTES } from '../../src/stream/drop-oldest-queue.ts';

describe('a queue that drops its oldest', () => {
  test('gives back in order what was put in, and then waits', async () => {
    const queue = new DropOldestQueue<number>();
    queue.push(1);
    queue.push(2);
    expect(await queue.next()).toEqual({ done: false, value: 1 });
    expect(await queue.next()).toEqual({ done: false, value: 2 });
    const waiting = queue.next();
    queue.push(3);
    expect(await waiting).toEqual({ done: false, value: 3 });
  });

  test('keeps the newest, and counts every one it drops', async () => {
    let dropped = 0;
    const queue = new DropOldestQueue<number>({ capacity: 3, onDrop: () => dropped++ });
    for (let i = 0; i < 10; i++) queue.push(i);
    queue.end();
    expect(await Array.fromAsync(queue)).toEqual([7, 8, 9]);
    expect(dropped).toBe(7);
  });

  test('keeps no more bytes than it may, however few items they are', async () => {
    const dropped: number[] = [];
    const third = Math.floor(QUEUE_BYTES / 3);
    const queue = new DropOldestQueue<number>({
      bytesOf: (bytes) => bytes,
      onDrop: (bytes) => dropped.push(bytes),
    });
    for (const bytes of [third, third, 1, third, third]) queue.push(bytes);
    expect(dropped).toEqual([third]);
    expect(await queue.next()).toEqual({ done: false, value: third });
    queue.push(QUEUE_BYTES);
    expect(dropped).toEqual([third, 1, third, third]);
    queue.push(QUEUE_BYTES + 1);
    queue.push(5);
    queue.end();
    expect(await Array.fromAsync(queue)).toEqual([5]);
  });

  test('behaves as a plain bounded list, whatever is put in and taken out', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 200 }), async (steps) => {
        const queue = new DropOldestQueue<number>({ capacity: 4 });
        let list: number[] = [];
        for (const [i, put] of steps.entries()) {
          if (put) {
            queue.push(i);
            list = [...list, i].slice(-4);
          } else if (list.length > 0) {
            expect(await queue.next()).toEqual({ done: false, value: list.shift() });
          }
        }
      }),
    );
  });

  test('ends after what waits, or at once for a reader that waits', async () => {
    const queue = new DropOldestQueue<number>();
    queue.push(1);
    queue.end();
    queue.push(2);
    expect(await Array.fromAsync(queue)).toEqual([1]);

    const empty = new DropOldestQueue<number>();
    const waiting = empty.next();
    empty.end();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  test('fails with the error it was ended with, once', async () => {
    const queue = new DropOldestQueue<number>();
    queue.push(1);
    queue.end(new Error('full'));
    expect(await queue.next()).toEqual({ done: false, value: 1 });
    await expect(queue.next()).rejects.toThrow('full');
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  test('lets go of everything when its reader returns', async () => {
    let returned = 0;
    const queue = new DropOldestQueue<number>({ onReturn: () => returned++ });
    queue.push(1);
    for await (const _ of queue) break;
    expect(returned).toBe(1);
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });
});
