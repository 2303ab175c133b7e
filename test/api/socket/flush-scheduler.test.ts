import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createFlushScheduler } from '../../../src/api/socket/flush-scheduler.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { recordTelemetry } from '../../support/telemetry.ts';

function start() {
  const clock = new FakeClock();
  const telemetry = recordTelemetry();
  const flushes = createFlushScheduler(clock, telemetry);
  return { clock, times: telemetry.wireTimes, flushes };
}

test('a call within another call counts from when the outer one began', async () => {
  const { clock, times, flushes } = start();
  const event = flushes.timed((_id: string, _listeners: number) => {
    clock.advance(2);
    flushes.flushSoon({ flush() {} });
  });
  const post = flushes.timed((id: string) => {
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

test('a call that fails does not count towards the next one', async () => {
  const { clock, times, flushes } = start();
  const post = flushes.timed((text: string) => {
    if (text === '') throw new RangeError('no text');
    flushes.flushSoon({ flush() {} });
  });
  expect(() => post('')).toThrow(RangeError);
  clock.advance(1000);
  post('coffee');
  clock.advance(5);
  await setImmediate();
  expect(times).toEqual([5]);
});
