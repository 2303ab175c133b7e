import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createFlushScheduler } from '../../../src/api/socket/flush-scheduler.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function start() {
  const clock = new FakeClock();
  const times: number[] = [];
  const turn = createFlushScheduler(clock, (ms) => times.push(ms));
  return { clock, times, turn };
}

test('what is timed within something timed counts from when that came', async () => {
  const { clock, times, turn } = start();
  const event = turn.timed((_id: string, _listeners: number) => {
    clock.advance(2);
    turn.leaves();
  });
  const post = turn.timed((id: string) => {
    clock.advance(10);
    event(id, 1);
  });
  post('1');
  await setImmediate();
  expect(times).toEqual([12]);
  event('2', 1);
  await setImmediate();
  expect(times).toEqual([12, 2]);
});

test('one that fails leaves the next its own time', async () => {
  const { clock, times, turn } = start();
  const post = turn.timed((text: string) => {
    if (text === '') throw new RangeError('no text');
    turn.leaves();
  });
  expect(() => post('')).toThrow(RangeError);
  clock.advance(1000);
  post('coffee');
  clock.advance(5);
  await setImmediate();
  expect(times).toEqual([5]);
});
