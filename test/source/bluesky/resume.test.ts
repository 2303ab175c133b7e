import { describe, expect, test } from 'vitest';
import { MAX_FRAME_BYTES } from '../../../src/source/bluesky/bluesky.ts';
import { MAX_SKEW_MS, SAME_HOST_OVERLAP_MS } from '../../../src/source/bluesky/cursor.ts';
import { CONNECT_WITHIN_MS, LONGEST_SILENCE_MS } from '../../../src/source/socket-connection.ts';
import { SOMEBODY, setUpBluesky, VERSIONS } from '../../support/bluesky-source.ts';
import type { FakeJetstream } from '../../support/fake-jetstream.ts';
import { postEvent } from '../../support/jetstream-events.ts';

describe.each(VERSIONS)('after a break, the Bluesky source on v%i', (version) => {
  test.each<[string, (jetstream: FakeJetstream) => void, RegExp]>([
    ['is cut off', (j) => j.terminate(), /broke off the connection/],
    ['is sent away', (j) => j.hangUp(1001), /closed the connection \(1001\)/],
    ['is told why', (j) => j.hangUp(1012, 'restart\n'), /\(1012 "restart\\u000a"\)/],
    ['is told nothing', (j) => j.hangUp(1000), /closed the connection/],
    [
      'gets a frame that is too large',
      (j) => j.inject('x'.repeat(MAX_FRAME_BYTES + 1)),
      /cannot be read/,
    ],
  ])('resumes with a small overlap when it %s', async (_, fail, reason) => {
    const { jetstream, live, recover, emit, texts, received, sink } = await setUpBluesky({
      version,
    });
    await live();
    const before = emit(10);
    await received(10);
    fail(jetstream);
    await sink.until(() => sink.states.at(-1)?.name === 'waiting');
    const meanwhile = emit(10);
    const state = await recover();
    const after = emit(10);
    await received(30);
    expect(texts()).toEqual([...before, ...meanwhile, ...after]);
    expect(sink.repeats).toBe(version === 1 ? 10 : 2);
    expect(sink.gaps).toEqual([]);
    expect(state.reason).toMatch(reason);
    expect(state.reason).toContain(new URL(jetstream.url).host);
  });

  test('goes back no further than necessary', async () => {
    const { jetstream, live, recover, emit, received } = await setUpBluesky({ version });
    await live();
    emit(200);
    const last = jetstream.emit(postEvent(200, { text: 'the last' }));
    await received(201);
    jetstream.terminate();
    await recover();
    const cursor = Number(jetstream.accepted[1]?.get('cursor'));
    if (version === 2) {
      expect(cursor).toBe(200);
    } else {
      expect(last - cursor).toBeGreaterThanOrEqual(SAME_HOST_OVERLAP_MS * 1000);
      expect(last - cursor).toBeLessThan(SAME_HOST_OVERLAP_MS * 1000 + 100_000);
    }
  });

  test('waits longer after every failure, up to a limit, and starts over after a new post', async () => {
    const { clock, jetstream, live, is, emit, received, sink } = await setUpBluesky({ version });
    await live();
    jetstream.reject(503);
    jetstream.terminate();
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      await is('waiting');
      const state = sink.states.at(-1);
      if (state?.name !== 'waiting') throw new Error('it does not wait');
      waits.push(state.until - clock.now());
      if (i > 0) expect(state.reason).toMatch(/cannot be reached: .*503/);
      clock.advance(state.until - clock.now());
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    jetstream.reject(undefined);
    await is('live');
    emit(1);
    await received(1);
    jetstream.terminate();
    await is('waiting');
    expect(sink.states.at(-1)).toMatchObject({ until: clock.now() + 500 });
  });

  test('tries the other host when the first brings nothing, and goes back further on it', async () => {
    const { jetstream, other, live, is, emit, texts, received, clock, source, recover } =
      await setUpBluesky({ version, hosts: 2 });
    await live();
    const before = emit(5);
    await received(5);
    jetstream.reject(503);
    jetstream.terminate();
    await is('waiting');
    clock.advance(500);
    await is('connecting');
    await is('waiting');
    expect(source.state).toMatchObject({ reason: expect.stringContaining('503') });
    await recover();
    expect(other.open).toBe(1);
    expect(Number(other.accepted[0]?.get('cursor'))).toBeLessThan((clock.now() - 30_000) * 1000);
    const after = emit(5, other);
    await received(10);
    expect(texts()).toEqual([...before, ...after]);
  });

  test('drops a connection that falls silent, and tries the other host', async () => {
    const { jetstream, other, live, emit, received, clock, source, recover } = await setUpBluesky({
      version,
      hosts: 2,
    });
    await live();
    emit(5);
    await received(5);
    jetstream.stall();
    clock.advance(LONGEST_SILENCE_MS - 1);
    expect(source.state).toEqual({ name: 'live' });
    clock.advance(1);
    expect(source.state).toMatchObject({
      name: 'waiting',
      reason: expect.stringContaining('silent'),
    });
    await jetstream.untilDeserted();
    await recover();
    expect(other.open).toBe(1);
  });

  test('does not call a connection silent that sends anything at all', async () => {
    const { jetstream, live, clock, source, sink } = await setUpBluesky({ version });
    await live();
    for (let i = 0; i < 5; i++) {
      clock.advance(LONGEST_SILENCE_MS - 1);
      jetstream.inject('?');
      await sink.until(() => sink.reasons.length > i);
    }
    expect(source.state).toEqual({ name: 'live' });
  });

  test('drops a host that does not answer the handshake', async () => {
    const { jetstream, source, clock, recover } = await setUpBluesky({ version });
    jetstream.hold();
    source.want(SOMEBODY);
    await jetstream.untilHandshake(1);
    clock.advance(CONNECT_WITHIN_MS);
    expect(source.state).toMatchObject({ reason: expect.stringContaining('did not answer') });
    jetstream.release();
    await recover();
    expect(jetstream.open).toBe(1);
  });

  test('ignores absurd times', async () => {
    const { jetstream, live, emit, texts, received, recover } = await setUpBluesky({ version });
    await live();
    const before = emit(5);
    const wrong = { ...postEvent(900, { text: 'from the future' }), time_us: 9e15 };
    jetstream.inject(JSON.stringify(wrong));
    jetstream.inject(JSON.stringify({ ...wrong, ...postEvent(901, { text: 'old' }), time_us: 1 }));
    await received(7);
    jetstream.terminate();
    const meanwhile = emit(5);
    await recover();
    await received(12);
    expect(texts()).toEqual([...before, 'from the future', 'old', ...meanwhile]);
  });

  test('begins at now, and tells of a gap, on a host whose clock is far from ours', async () => {
    const { jetstream, live, received, recover, sink, clock } = await setUpBluesky({ version: 1 });
    await live();
    const timeUs = (clock.now() + 2 * MAX_SKEW_MS) * 1000;
    for (const n of [1, 2]) {
      jetstream.inject(JSON.stringify({ ...postEvent(n, { text: 'hi' }), time_us: timeUs + n }));
    }
    await received(2);
    jetstream.terminate();
    await recover();
    expect(jetstream.accepted[1]?.has('cursor')).toBe(false);
    expect(sink.gaps).toEqual([2]);
  });

  test('loses nothing when the first connection breaks before it brought anything', async () => {
    const { jetstream, live, emit, texts, received, recover, sink } = await setUpBluesky({
      version,
    });
    await live();
    jetstream.terminate();
    await sink.until(() => sink.states.at(-1)?.name === 'waiting');
    const meanwhile = emit(10);
    await recover();
    await received(10);
    expect(texts()).toEqual(meanwhile);
    expect(sink.gaps).toEqual([]);
  });

  test('continues at now when the same frame breaks the connection twice', async () => {
    const { jetstream, live, emit, received, recover, texts, sink } = await setUpBluesky({
      version,
    });
    await live();
    const before = emit(5);
    await received(5);
    const huge = 'x'.repeat(MAX_FRAME_BYTES + 1);
    jetstream.inject(huge);
    await recover();
    expect(jetstream.accepted[1]?.has('cursor')).toBe(true);
    jetstream.inject(huge);
    await recover();
    expect(jetstream.accepted[2]?.has('cursor')).toBe(false);
    const after = emit(5);
    await received(10);
    expect(texts()).toEqual([...before, ...after]);
    expect(sink.reasons).toHaveLength(2);
    expect(sink.gaps).toEqual([5]);
  });

  test('counts each bad frame once, and keeps the connection', async () => {
    const { jetstream, live, emit, received, sink } = await setUpBluesky({ version });
    await live();
    jetstream.inject('{"did": ');
    jetstream.inject('null');
    jetstream.inject(new Uint8Array([0x28, 0xb5, 0x2f, 0xfd]));
    emit(1);
    await received(1);
    expect(sink.reasons).toHaveLength(3);
    expect(jetstream.handshakes).toBe(1);
  });

  test('counts a repeat and does not deliver it', async () => {
    const { jetstream, live, emit, received, sink } = await setUpBluesky({ version });
    await live();
    emit(5);
    jetstream.repeat(3);
    emit(1);
    await received(6);
    expect(sink.posts).toHaveLength(6);
    expect(sink.repeats).toBe(3);
  });
});
