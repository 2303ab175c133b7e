import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { AnalyzeDocument, SentimentDocument, StatusDocument } from '../../../schema/operations.ts';
import { WAITING_EVENTS } from '../../../src/api/socket/backlog-limits.ts';
import { createFlushScheduler } from '../../../src/api/socket/flush-scheduler.ts';
import { connectGraphQL, connectTrack, post, run } from '../../support/clients.ts';
import { FakeClock, passTime } from '../../support/fake-clock.ts';
import { configOf, startSenti } from '../../support/senti.ts';
import { recordTelemetry } from '../../support/telemetry.ts';
import { runOver, STREAMS } from '../../support/transports.ts';
import { eventually, until } from '../../support/until.ts';

const MAX_DELAY = 25;

function start(maxDelay = MAX_DELAY) {
  const clock = new FakeClock();
  const telemetry = recordTelemetry();
  const flushes = createFlushScheduler(clock, telemetry, maxDelay);
  /** The moments of the flushes of something that takes `cost` milliseconds to write, however much waits. */
  const moments: number[] = [];
  let waits = false;
  function write(cost: number): void {
    if (waits) return;
    waits = true;
    flushes.flushSoon({
      flush() {
        waits = false;
        moments.push(clock.monotonic());
        clock.spend(cost);
      },
    });
  }
  return { clock, times: telemetry.wireTimes, flushes, moments, write };
}

/** A clock whose every reading takes a while, as long as `cost` says so. */
class SlowClock extends FakeClock {
  cost = 0;

  override monotonic(): number {
    this.spend(this.cost);
    return super.monotonic();
  }
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

test('one socket is written to at the end of every tick', async () => {
  const { clock, moments, write } = start();
  for (let i = 0; i < 1000; i++) {
    write(0.05);
    await setImmediate();
    clock.advance(0.95);
  }
  expect(moments).toHaveLength(1000);
  expect(clock.pending).toBe(0);
});

test('a quiet server writes a few dear events in a row at once', async () => {
  const { clock, moments, write } = start();
  for (let i = 0; i < 10; i++) {
    write(5);
    await setImmediate();
    clock.advance(1);
    write(5);
    await setImmediate();
    clock.advance(989);
  }
  expect(moments).toHaveLength(20);
});

test('when writing takes much of the time, three events share a flush and none waits longer than allowed', async () => {
  const { clock, moments, write, times, flushes } = start();
  const event = flushes.timed(() => write(6));
  for (let i = 0; i < 100; i++) {
    event();
    await setImmediate();
    const left = () => 10 * (i + 1) - clock.monotonic();
    if ((clock.next ?? Number.POSITIVE_INFINITY) < left()) clock.advance(clock.next ?? 0);
    await setImmediate();
    clock.advance(left());
  }
  expect(moments.length).toBeLessThan(40);
  expect(Math.max(...times)).toBeLessThanOrEqual(MAX_DELAY + 6);
});

test('what is urgent is written at the end of its tick, and the rest still waits and is measured', async () => {
  const { clock, moments, write, times, flushes } = start();
  write(50);
  await setImmediate();
  const began = clock.monotonic();
  flushes.timed(() => write(1))();
  clock.advance(5);
  const urgent: number[] = [];
  for (const name of [1, 2]) flushes.flushSoon({ flush: () => urgent.push(name) }, true);
  await setImmediate();
  expect(urgent).toEqual([1, 2]);
  expect(moments).toEqual([0]);
  clock.advance(MAX_DELAY - 5);
  await setImmediate();
  expect(moments).toEqual([0, began + MAX_DELAY]);
  expect(times).toEqual([MAX_DELAY + 1]);
});

test('events do not wait for what urgent flushes or a single pause took', async () => {
  const { clock, moments, write, flushes } = start();
  for (let i = 0; i < 10; i++) {
    flushes.flushSoon({ flush: () => clock.spend(50) }, true);
    await setImmediate();
  }
  for (const cost of [1, 50, 1, 1]) {
    write(cost);
    await setImmediate();
  }
  expect(moments).toEqual([500, 501, 551, 552]);
});

test('with a bound of 0, every flush comes at the end of its tick', async () => {
  const { moments, write } = start(0);
  for (let i = 0; i < 20; i++) {
    write(50);
    await setImmediate();
  }
  expect(moments).toHaveLength(20);
});

test('on every surface, what waits for a flush can still be deleted, comes in order and is written at the end', async () => {
  const clock = new SlowClock();
  const senti = await startSenti(configOf(), clock);
  const { source } = senti;
  const streams = STREAMS.map((stream) =>
    runOver(senti, stream, SentimentDocument, { track: 'coffee' }),
  );
  const next = () => Promise.all(streams.map(async (stream) => (await stream.next()).value));
  const tag = (name: string) => ({ data: { sentiment: { hashtags: [{ tag: name }] } } });
  const first = next();
  const plain = await connectTrack(senti.socketUrl);
  plain.send({ track: 'coffee' });
  await eventually(
    async () => (await post(senti.url, StatusDocument, {})).data?.status.listeners === 4,
  );

  clock.cost = 100;
  source.say('coffee #first');
  await setImmediate();
  clock.cost = 0;
  expect(await first).toMatchObject(STREAMS.map(() => tag('first')));
  await plain.received(1);

  // Without the wait, it would be written in this tick.
  source.say('coffee #gone', { id: 'gone' });
  await setImmediate();
  await setImmediate();
  source.sink.deleted('gone');
  source.say('coffee #second');
  source.say('coffee #third');
  // The past and answers do not wait, and the events before an answer leave with it.
  const client = connectGraphQL(senti.socketUrl);
  const late = run(client, SentimentDocument, { track: 'coffee', last: 2 });
  const heard: unknown[] = [(await late.next()).value, (await late.next()).value];
  source.say('coffee #fourth');
  await setImmediate();
  const fourth = late.next().then(({ value }) => heard.push(value));
  const answer = run(client, AnalyzeDocument, { text: 'good' }).next();
  heard.push((await answer).value);
  await fourth;
  expect(heard).toMatchObject([
    tag('second'),
    tag('third'),
    tag('fourth'),
    { data: { analyze: { polarityIndex: 0 } } },
  ]);
  expect(plain.messages).toHaveLength(1);
  const second = next();
  clock.advance(MAX_DELAY);
  expect(await second).toMatchObject(
    STREAMS.map(() => ({ ...tag('second'), extensions: { dropped: 1 } })),
  );
  expect(await next()).toMatchObject(STREAMS.map(() => tag('third')));
  expect(await next()).toMatchObject(STREAMS.map(() => tag('fourth')));

  source.say('coffee #last');
  await setImmediate();
  const last = next();
  await passTime(clock, senti.close());
  expect(await last).toMatchObject(STREAMS.map(() => tag('last')));
  await plain.closed;
  const tags = plain.messages.map(({ hashtags }) => Object.keys(hashtags).join());
  expect(tags).toEqual(['first', 'second', 'third', 'fourth', 'last']);
});

test('clients that catch up make no event wait', async () => {
  const clock = new SlowClock();
  const { source, socketUrl } = await startSenti(configOf('--linger', '60'), clock);
  const client = connectGraphQL(socketUrl);
  const live = run(client, SentimentDocument, { track: 'coffee' });
  const first = live.next();
  await until(() => source.wanted.length === 1, 'coffee is wanted');
  source.say('coffee #first');
  await first;
  clock.cost = 100;
  const late = run(connectGraphQL(socketUrl), SentimentDocument, { track: 'coffee', last: 1 });
  await late.next();
  clock.cost = 0;
  source.say('coffee #second');
  const { value } = await live.next();
  expect(value.data?.sentiment.hashtags).toMatchObject([{ tag: 'second' }]);
});

test('a burst that comes while a flush waits is dropped for no client that reads', async () => {
  const clock = new SlowClock();
  const { source, socketUrl } = await startSenti(configOf(), clock);
  const results = run(connectGraphQL(socketUrl), SentimentDocument, { track: 'coffee' });
  const first = results.next();
  await until(() => source.wanted.length === 1, 'coffee is wanted');
  clock.cost = 100;
  source.say('coffee');
  await setImmediate();
  clock.cost = 0;
  await first;
  const count = 2 * WAITING_EVENTS;
  for (let i = 1; i <= count; i++) {
    source.say(`coffee #n${i}`);
    if (i % 100 === 0) await setImmediate();
  }
  // Memory does not wait for the clock.
  for (let i = 1; i <= count; i++) {
    if (i === WAITING_EVENTS) clock.advance(MAX_DELAY);
    const { value } = await results.next();
    expect(value.extensions).toBeUndefined();
    expect(value.data?.sentiment.hashtags).toMatchObject([{ tag: `n${i}` }]);
  }
});
