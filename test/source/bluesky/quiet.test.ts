// A host that has nothing to send: pings show that it is alive.

import { describe, expect, test } from 'vitest';
import { LONGEST_WITHOUT_FRAME_MS } from '../../../src/source/bluesky/bluesky.ts';
import { OTHER_HOST_OVERLAP_MS } from '../../../src/source/bluesky/cursor.ts';
import { LONGEST_SILENCE_MS, PING_EVERY_MS } from '../../../src/source/socket-connection.ts';
import { setUpBluesky, VERSIONS } from '../../support/bluesky-source.ts';
import { passTime } from '../../support/fake-clock.ts';

const STALLED = expect.stringMatching(/has sent nothing readable but pings for 180 s$/);

describe('a quiet Jetstream', () => {
  test('counts as alive while it sends pings', async () => {
    const { jetstream, live, clock, source } = await setUpBluesky();
    await live();
    // Our own pings go unanswered.
    jetstream.stall();
    for (let i = 0; i < 5; i++) {
      clock.advance(LONGEST_SILENCE_MS - 1);
      await jetstream.ping();
    }
    expect(source.state).toEqual({ name: 'live' });
    expect(jetstream.handshakes).toBe(1);
  });

  test('counts as alive while it answers pings', async () => {
    const { jetstream, live, clock, source } = await setUpBluesky();
    await live();
    await passTime(clock, jetstream.untilPinged(10));
    expect(source.state).toEqual({ name: 'live' });
    expect(jetstream.handshakes).toBe(1);
  });

  test('connects again at once after a break, in turn with the other host', async () => {
    const { jetstream, other, live, clock, is, source, recover } = await setUpBluesky({ hosts: 2 });
    await live();
    for (let i = 0; i < 6; i++) {
      const host = i % 2 === 0 ? jetstream : other;
      await passTime(clock, host.untilPinged(2 * i + 1 - (i % 2)));
      host.terminate();
      await is('waiting');
      expect(source.state).toMatchObject({ until: clock.now() + 500 });
      await recover();
    }
    expect([jetstream.handshakes, other.handshakes]).toEqual([4, 3]);
  });

  test('that answers no ping counts as silent', async () => {
    const { jetstream, live, clock, source } = await setUpBluesky();
    await live();
    jetstream.stall();
    for (let waited = 0; waited < LONGEST_SILENCE_MS; waited += PING_EVERY_MS / 2) {
      expect(source.state).toEqual({ name: 'live' });
      clock.advance(PING_EVERY_MS / 2);
    }
    expect(source.state).toMatchObject({ reason: expect.stringMatching(/been silent for 20 s$/) });
  });

  test.each(VERSIONS)(
    'of v%i loses nothing, and tells of no gap, however late its first post',
    async (version) => {
      const { jetstream, clock, live, is, emit, received, texts, source, recover, sink } =
        await setUpBluesky({ version });
      await live();
      for (let i = 0; i < 5; i++) {
        await passTime(clock, is('waiting'), PING_EVERY_MS / 4);
        expect(source.state).toMatchObject({ reason: STALLED, until: clock.now() + 500 });
        await recover();
      }
      clock.advance(PING_EVERY_MS);
      const posts = emit(3);
      await received(3);
      expect(texts()).toEqual(posts);
      expect(sink.gaps).toEqual([]);
      expect(jetstream.handshakes).toBe(6);
    },
  );
});

describe('a Jetstream that stalls and goes on sending pings', () => {
  test.each(VERSIONS)('of v%i is left for the next host, and no post is lost', async (version) => {
    const { jetstream, other, live, clock, emit, received, texts, is, source, recover, sink } =
      await setUpBluesky({ version, hosts: 2 });
    await live();
    const before = emit(5);
    await received(5);
    const meanwhile: string[] = [];
    const stalledAt = clock.monotonic();
    const news = {
      advance(ms: number) {
        clock.advance(ms);
        meanwhile.push(...emit(1, other, 0));
      },
    };
    // Only the other host tells of it.
    await passTime(news, is('waiting'), PING_EVERY_MS / 4);
    const stalled = clock.monotonic() - stalledAt;
    expect(source.state).toMatchObject({ reason: STALLED });
    expect(stalled).toBeGreaterThanOrEqual(LONGEST_WITHOUT_FRAME_MS);
    expect(stalled).toBeLessThan(LONGEST_WITHOUT_FRAME_MS + PING_EVERY_MS);
    await recover();
    await passTime(clock, received(5 + meanwhile.length));
    expect(texts()).toEqual([...before, ...meanwhile]);
    expect(sink.gaps).toEqual([]);
    expect(jetstream.open).toBe(0);
  });

  test.each(VERSIONS)('of v%i from the beginning loses no post either', async (version) => {
    const { other, live, clock, emit, received, texts, is, recover, sink } = await setUpBluesky({
      version,
      hosts: 2,
    });
    await live();
    const meanwhile = emit(3, other);
    await passTime(clock, is('waiting'), PING_EVERY_MS / 4);
    await recover();
    await passTime(clock, received(3));
    expect(texts()).toEqual(meanwhile);
    expect(sink.gaps).toEqual([]);
  });
});

test.each([
  ['text', '{"seq": 1'],
  ['binary', Buffer.from('{"seq": 1}')],
])('a host whose %s frames cannot be read is left for the next one', async (_, frame) => {
  const { jetstream, other, live, clock, emit, received, texts, is, source, recover } =
    await setUpBluesky({ hosts: 2 });
  await live();
  const meanwhile = emit(3, other);
  const nonsense = {
    advance(ms: number) {
      clock.advance(ms);
      jetstream.inject(frame);
    },
  };
  await passTime(nonsense, is('waiting'), PING_EVERY_MS / 4);
  expect(source.state).toMatchObject({ reason: STALLED });
  await recover();
  await passTime(clock, received(3));
  expect(texts()).toEqual(meanwhile);
});

test('a host that could not be reached for long tells of a gap when its first post comes late', async () => {
  const { jetstream, live, clock, emit, received, retry, recover, is, sink } = await setUpBluesky();
  await live();
  jetstream.reject(503);
  jetstream.terminate();
  const start = clock.monotonic();
  while (clock.monotonic() - start <= OTHER_HOST_OVERLAP_MS) {
    await retry();
    await is('waiting');
  }
  jetstream.forget();
  jetstream.reject(undefined);
  await recover();
  emit(1);
  await received(1);
  expect(sink.gaps).toEqual([0]);
});
