import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DropOldestQueue } from '../../src/stream/drop-oldest-queue.ts';
import {
  BURST_BYTES,
  BURST_EVENTS,
  BURST_WITHIN,
  WAITING_BYTES,
  WAITING_EVENTS,
} from '../../src/stream/room.ts';
import { FakeClock } from '../support/fake-clock.ts';

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
    const queue = new DropOldestQueue<number>({ onDrop: () => dropped++ });
    for (let i = 0; i < WAITING_EVENTS + 7; i++) queue.push(i);
    queue.end();
    expect(await Array.fromAsync(queue)).toEqual(
      Array.from({ length: WAITING_EVENTS }, (_, i) => i + 7),
    );
    expect(dropped).toBe(7);
  });

  test('keeps no more bytes than it may, however few items they are', async () => {
    const dropped: number[] = [];
    const third = Math.floor(WAITING_BYTES / 3);
    const queue = new DropOldestQueue<number>({
      bytesOf: (bytes) => bytes,
      onDrop: (bytes) => dropped.push(bytes),
    });
    for (const bytes of [third, third, 1, third, third]) queue.push(bytes);
    expect(dropped).toEqual([third]);
    expect(await queue.next()).toEqual({ done: false, value: third });
    queue.push(WAITING_BYTES);
    expect(dropped).toEqual([third, 1, third, third]);
    queue.push(WAITING_BYTES + 1);
    queue.push(5);
    queue.end();
    expect(await Array.fromAsync(queue)).toEqual([5]);
  });

  test('keeps a burst for a while, and then what a slow reader may have waiting', async () => {
    const clock = new FakeClock();
    let dropped = 0;
    const queue = new DropOldestQueue<number>({ clock, onDrop: () => dropped++ });
    for (let i = 0; i < BURST_EVENTS; i++) queue.push(i);
    expect(dropped).toBe(0);
    queue.push(BURST_EVENTS);
    expect(dropped).toBe(1);
    clock.advance(BURST_WITHIN - 1);
    expect(await queue.next()).toEqual({ done: false, value: 1 });
    queue.push(BURST_EVENTS + 1);
    expect(dropped).toBe(1);
    clock.advance(1);
    queue.push(BURST_EVENTS + 2);
    expect(dropped).toBe(BURST_EVENTS + 2 - WAITING_EVENTS);

    queue.end();
    const left = await Array.fromAsync(queue);
    expect([left.length, left.at(-1)]).toEqual([WAITING_EVENTS, BURST_EVENTS + 2]);
  });

  test('has room for a burst again when its reader has caught up', async () => {
    const clock = new FakeClock();
    const dropped: number[] = [];
    const queue = new DropOldestQueue<number>({
      clock,
      bytesOf: (bytes) => bytes,
      onDrop: (bytes) => dropped.push(bytes),
    });
    queue.push(WAITING_BYTES);
    clock.advance(BURST_WITHIN);
    expect(await queue.next()).toEqual({ done: false, value: WAITING_BYTES });
    for (let bytes = 0; bytes < BURST_BYTES; bytes += WAITING_BYTES) queue.push(WAITING_BYTES);
    expect(dropped).toEqual([]);
    queue.push(1);
    expect(dropped).toEqual([WAITING_BYTES]);
  });

  test('behaves as a plain bounded list, whatever is put in and taken out', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 200 }), async (steps) => {
        const queue = new DropOldestQueue<number>();
        let list = Array.from({ length: WAITING_EVENTS - 4 }, (_, i) => -i);
        for (const i of list) queue.push(i);
        for (const [i, put] of steps.entries()) {
          if (put) {
            queue.push(i);
            list = [...list, i].slice(-WAITING_EVENTS);
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
