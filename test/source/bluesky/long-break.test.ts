// Breaks that a host bridges only in part, or only slowly.

import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { CATCHING_UP, CATCHING_UP_AFTER_MS } from '../../../src/source/bluesky/bluesky.ts';
import { setUpBluesky, VERSIONS } from '../../support/bluesky-source.ts';
import { type FakeClock, passTime } from '../../support/fake-clock.ts';
import { encodeInfo } from '../../support/fake-jetstream-wire.ts';

const HOURS = 3_600_000;
const MANY = 3000;
/** The time of all rests that MANY events take, but for the last one. */
const SHORT_RESTS_MS = (MANY / CATCHING_UP.atOnce - 1) * CATCHING_UP.restMs;
const LONG_RESTS_MS = (MANY / CATCHING_UP.atOnce - 1) * CATCHING_UP.longRestMs;

/** A source whose connection breaks, until `ms` milliseconds after MANY posts. */
async function afterBreak(version: number, ms: number) {
  const it = await setUpBluesky({ version, history: 2 * MANY });
  const { jetstream, live, emit, received, retry, is, clock } = it;
  await live();
  const before = emit(5);
  await received(5);
  jetstream.terminate();
  await is('waiting');
  const meanwhile = emit(MANY, jetstream, 0);
  await retry();
  // Of the wall alone, so that the handshake does not time out.
  clock.set(clock.now() + ms);
  await is('live');
  return { ...it, posts: [...before, ...meanwhile] };
}

/** Milliseconds of `clock` until `done`. */
async function timeUntil(clock: FakeClock, done: Promise<void>): Promise<number> {
  const start = clock.monotonic();
  await passTime(clock, done, 10);
  return clock.monotonic() - start;
}

describe.each(VERSIONS)('after a long break, the Bluesky source on v%i', (version) => {
  test('catches up in order, no faster than listeners can read, and is live again', async () => {
    const { posts, emit, texts, received, clock, sink } = await afterBreak(version, 10 * HOURS);
    const atOnce = 5 + CATCHING_UP.atOnce;
    await received(atOnce - 10);
    for (let tick = 0; tick < 50; tick++) await setImmediate();
    expect(sink.posts.length).toBeLessThanOrEqual(atOnce);
    const took = await timeUntil(clock, received(posts.length));
    expect(took).toBeGreaterThanOrEqual(SHORT_RESTS_MS);
    expect(took).toBeLessThan(LONG_RESTS_MS / 2);
    const after = emit(5);
    await received(posts.length + 5);
    expect(texts()).toEqual([...posts, ...after]);
    expect(sink.gaps).toEqual([]);
  });

  test('slows down while listeners are behind, but does not stop', async () => {
    const { posts, received, texts, clock, sink } = await afterBreak(version, 10 * HOURS);
    sink.areListenersBehind = true;
    const took = await timeUntil(clock, received(posts.length));
    expect(took).toBeGreaterThanOrEqual(LONG_RESTS_MS);
    expect(took).toBeLessThan(2 * LONG_RESTS_MS);
    expect(texts()).toEqual(posts);
  });

  test('is fast again once listeners have caught up', async () => {
    const { posts, received, clock, sink } = await afterBreak(version, 10 * HOURS);
    sink.areListenersBehind = true;
    await passTime(clock, received(MANY / 10));
    sink.areListenersBehind = false;
    expect(await timeUntil(clock, received(posts.length))).toBeLessThan(LONG_RESTS_MS / 2);
  });

  test('catches up with a short one at once, and never holds live posts', async () => {
    const { posts, emit, received, texts, sink } = await afterBreak(
      version,
      CATCHING_UP_AFTER_MS - 1000,
    );
    sink.areListenersBehind = true;
    await received(posts.length);
    const after = emit(MANY, undefined, 0);
    await received(posts.length + MANY);
    expect(texts()).toEqual([...posts, ...after]);
  });

  test('ends while it catches up, without a timer left', async () => {
    const { posts, received, source, clock, sink } = await afterBreak(version, 10 * HOURS);
    await received(50);
    await source.close();
    expect(clock.pending).toBe(0);
    expect(sink.posts.length).toBeLessThan(posts.length);
  });
});

describe('the Bluesky source tells of a gap', () => {
  test('when a host of v1 no longer has all posts', async () => {
    const { jetstream, live, is, emit, received, texts, recover, sink } = await setUpBluesky({
      history: 10,
    });
    await live();
    const before = emit(5);
    await received(5);
    jetstream.terminate();
    await is('waiting');
    const meanwhile = emit(20);
    await recover();
    await received(15);
    expect(texts()).toEqual([...before, ...meanwhile.slice(-10)]);
    expect(sink.gaps).toEqual([5]);
  });

  test('when a host of v2 no longer has all posts, and resumes by time', async () => {
    const { jetstream, live, is, emit, received, texts, retry, recover, sink } = await setUpBluesky(
      { version: 2, history: 10 },
    );
    await live();
    const before = emit(5);
    await received(5);
    jetstream.terminate();
    await is('waiting');
    const meanwhile = emit(20);
    await retry();
    const { reason } = await recover();
    expect(reason).toMatch(/it answered with the status 400$/);
    expect(Number(jetstream.accepted[1]?.get('cursor'))).toBeGreaterThan(1e15);
    await received(15);
    expect(texts()).toEqual([...before, ...meanwhile.slice(-10)]);
    expect(sink.gaps).toEqual([5]);
  });

  test('when nothing that came meanwhile can be resumed', async () => {
    const { jetstream, live, is, emit, received, texts, recover, sink } = await setUpBluesky();
    await live();
    const before = emit(5);
    await received(5);
    jetstream.terminate();
    await is('waiting');
    emit(20);
    jetstream.forget();
    await recover();
    expect(sink.gaps).toEqual([]);
    const after = emit(1);
    await received(6);
    expect(texts()).toEqual([...before, ...after]);
    expect(sink.gaps).toEqual([5]);
  });
});

describe('on v2, the Bluesky source', () => {
  test('tells of one gap, however often a host says so', async () => {
    const { jetstream, live, emit, received, sink } = await setUpBluesky({ version: 2 });
    await live();
    for (let i = 0; i < 100; i++) jetstream.inject(encodeInfo('OutdatedCursor'));
    emit(1);
    await received(1);
    expect(sink.gaps).toEqual([0]);
  });

  test('resumes by time on a host that does not know its number, and loses nothing', async () => {
    const { jetstream, live, emit, received, texts, recover, sink } = await setUpBluesky({
      version: 2,
    });
    await live();
    const before = emit(5);
    await received(5);
    jetstream.inject(encodeInfo('FutureCursor'));
    const meanwhile = emit(5);
    const { reason } = await recover();
    expect(reason).toMatch(/numbers its events differently than before$/);
    expect(Number(jetstream.accepted[1]?.get('cursor'))).toBeGreaterThan(1e15);
    await received(10);
    expect(texts()).toEqual([...before, ...meanwhile]);
    expect(sink.gaps).toEqual([]);
  });

  test.each([100, -100])(
    'resumes by time where another instance numbers its events otherwise, by %i',
    async (by) => {
      const { jetstream, live, is, emit, received, texts, retry, recover, sink } =
        await setUpBluesky({ version: 2 });
      await live();
      const before: string[] = [];
      while (before.length < 200) {
        before.push(...emit(10, jetstream, 1000));
        await received(before.length);
      }
      jetstream.terminate();
      jetstream.renumber(by);
      await is('waiting');
      const meanwhile = emit(5);
      await retry();
      await recover();
      expect(Number(jetstream.accepted[2]?.get('cursor'))).toBeGreaterThan(1e15);
      await received(205);
      expect(texts()).toEqual([...before, ...meanwhile]);
      expect(sink.gaps).toEqual([]);
    },
  );

  test('says why the host ended the stream', async () => {
    const { jetstream, live, emit, received, recover } = await setUpBluesky({ version: 2 });
    await live();
    emit(1);
    await received(1);
    jetstream.fail('ConsumerTooSlow', 'too far behind');
    const { reason } = await recover();
    expect(reason).toMatch(/ended the stream: "ConsumerTooSlow" "too far behind"$/);
  });

  test('resumes by time on another host, which numbers its events otherwise', async () => {
    const { jetstream, other, live, is, emit, received, texts, retry, recover } =
      await setUpBluesky({ version: 2, hosts: 2 });
    await live();
    const before = emit(5);
    await received(5);
    jetstream.reject(503);
    jetstream.terminate();
    await is('waiting');
    const meanwhile = emit(5, other);
    await retry();
    await recover();
    expect(Number(other.accepted[0]?.get('cursor'))).toBeGreaterThan(1e15);
    await received(10);
    other.terminate();
    await recover();
    expect(other.accepted[1]?.get('cursor')).toBe('1000004');
    expect(texts()).toEqual([...before, ...meanwhile]);
  });
});
