import { describe, expect, test } from 'vitest';
import { createBluesky, MAX_FRAME_BYTES } from '../../../src/source/bluesky/bluesky.ts';
import { LINGER_MS } from '../../../src/source/linger.ts';
import { parseTrack, type Track } from '../../../src/track/track.ts';
import { NOBODY, SOMEBODY, setUpBluesky, VERSIONS } from '../../support/bluesky-source.ts';
import type { FakeJetstream } from '../../support/fake-jetstream.ts';
import { deleteEvent, identityEvent } from '../../support/jetstream-events.ts';

describe('the Bluesky source', () => {
  test('connects when a client tracks something, and asks only for posts, from now on', async () => {
    const { jetstream, source, sink, live } = await setUpBluesky();
    expect(source.state).toEqual({ name: 'idle' });
    await live();
    expect(sink.states.map(({ name }) => name)).toEqual(['connecting', 'live']);
    expect(Object.fromEntries(jetstream.accepted[0] ?? [])).toEqual({
      wantedCollections: 'app.bsky.feed.post',
      maxMessageSizeBytes: String(MAX_FRAME_BYTES),
    });
  });

  test('asks v2 for new posts alone', async () => {
    const { jetstream, live } = await setUpBluesky({ version: 2 });
    await live();
    expect(Object.fromEntries(jetstream.accepted[0] ?? [])).toEqual({
      collections: 'app.bsky.feed.post',
      kinds: 'commit',
      maxMessageSizeBytes: String(MAX_FRAME_BYTES),
    });
  });

  test('adds the path to an address that is only a host, and keeps the rest of an address', async () => {
    const { jetstream, clock, sink } = await setUpBluesky();
    const url = `${jetstream.url.replace('/subscribe', '')}?key=1&cursor=5`;
    const source = createBluesky({ urls: [url], random: () => 0 }, sink, clock);
    source.want(SOMEBODY);
    await sink.until(() => source.state.name === 'live');
    await source.close();
    expect(jetstream.accepted[0]?.get('key')).toBe('1');
    expect(jetstream.accepted[0]?.has('cursor')).toBe(false);
  });

  test('delivers new posts in order, and skips other valid events silently', async () => {
    const { jetstream, live, emit, texts, received, sink } = await setUpBluesky();
    await live();
    const first = emit(2);
    jetstream.emit(identityEvent(1));
    jetstream.emit(deleteEvent(0));
    jetstream.emit({ did: 'did:plc:a', kind: 'news' });
    const more = emit(2);
    await received(4);
    expect(texts()).toEqual([...first, ...more]);
    expect(sink.reasons).toEqual([]);
  });

  test.each(VERSIONS)('says which posts are deleted, on v%i', async (version) => {
    const { jetstream, live, emit, received, sink } = await setUpBluesky({ version });
    await live();
    emit(2);
    jetstream.emit(deleteEvent(1));
    emit(1);
    await received(3);
    expect(sink.deletions).toEqual([sink.posts[1]?.id]);
  });

  test('keeps one connection while tracks come and go', async () => {
    const { jetstream, source, live, emit, received } = await setUpBluesky();
    await live();
    const tracks = new Set<Track>(SOMEBODY);
    for (let i = 0; i < 1000; i++) {
      tracks.add(parseTrack(`topic${i}`) as Track);
      source.want(tracks);
    }
    for (const track of [...tracks].slice(1)) {
      tracks.delete(track);
      source.want(tracks);
    }
    emit(1);
    await received(1);
    expect(jetstream.handshakes).toBe(1);
  });

  test('disconnects a few seconds after the last track, and begins at now for the next one', async () => {
    const { jetstream, source, live, emit, texts, received, clock } = await setUpBluesky();
    await live();
    const before = emit(3);
    await received(3);
    source.want(NOBODY);
    clock.advance(LINGER_MS - 1);
    expect(source.state).toEqual({ name: 'live' });
    clock.advance(1);
    expect(source.state).toEqual({ name: 'idle' });
    expect(clock.pending).toBe(0);
    await jetstream.untilDeserted();
    emit(3);
    await live();
    expect(jetstream.accepted[1]?.has('cursor')).toBe(false);
    const after = emit(3);
    await received(6);
    expect(texts()).toEqual([...before, ...after]);
  });

  test('delivers nothing more after it stops in the middle of a burst', async () => {
    const { jetstream, source, live, emit, sink, clock } = await setUpBluesky();
    await live();
    const left = sink.until(() => {
      if (sink.posts.length < 5) return false;
      source.want(NOBODY);
      clock.advance(LINGER_MS);
      return true;
    });
    emit(50);
    await left;
    await jetstream.untilDeserted();
    expect(sink.posts).toHaveLength(5);
    expect(source.state).toEqual({ name: 'idle' });
  });
});

describe('a listener that comes and goes', () => {
  test('does not shorten the wait for a host that fails', async () => {
    const { jetstream, source, clock, is } = await setUpBluesky();
    jetstream.reject(503);
    source.want(SOMEBODY);
    let attempts = 1;
    for (const wait of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      await is('waiting');
      const { state } = source;
      let waited = 0;
      for (; waited + LINGER_MS < wait; waited += LINGER_MS) {
        source.want(NOBODY);
        clock.advance(LINGER_MS);
        expect(source.state).toEqual({ name: 'idle' });
        source.want(SOMEBODY);
        expect(source.state).toEqual(state);
      }
      expect(jetstream.handshakes).toBe(attempts);
      clock.advance(wait - waited);
      attempts += 1;
      await jetstream.untilHandshake(attempts);
    }
  });

  test.each([
    ['does not answer', (jetstream: FakeJetstream) => jetstream.hold()],
    ['answers and says nothing', () => {}],
  ])('waits longer each time for a host that %s', async (_, fail) => {
    const { jetstream, source, clock } = await setUpBluesky();
    fail(jetstream);
    for (const [i, wait] of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000].entries()) {
      source.want(SOMEBODY);
      await jetstream.untilHandshake(i + 1);
      source.want(NOBODY);
      clock.advance(LINGER_MS);
      expect(source.state).toEqual({ name: 'idle' });
      source.want(SOMEBODY);
      const reason = expect.stringContaining('had brought nothing');
      expect(source.state).toEqual({ name: 'waiting', until: clock.now() + wait, reason });
      source.want(NOBODY);
      clock.advance(wait);
    }
  });
});

describe('closing the Bluesky source', () => {
  test.each(['connecting', 'live', 'waiting'] as const)(
    'leaves no connection, timer or later event behind while it is %s',
    async (state) => {
      const { jetstream, source, live, is, clock, sink } = await setUpBluesky();
      if (state === 'connecting') {
        jetstream.hold();
        source.want(SOMEBODY);
        await jetstream.untilHandshake(1);
      } else {
        await live();
        if (state === 'waiting') {
          jetstream.terminate();
          await is('waiting');
        }
      }
      await source.close();
      const heard = sink.states.length;
      jetstream.release();
      await jetstream.untilDeserted();
      expect(clock.pending).toBe(0);
      clock.advance(3_600_000);
      source.want(SOMEBODY);
      expect(source.state).toEqual({ name: 'idle' });
      expect(sink.states).toHaveLength(heard);
      expect(jetstream.handshakes).toBe(1);
    },
  );

  test('works twice, and before the first track', async () => {
    const { source } = await setUpBluesky();
    await source.close();
    await source.close();
    expect(source.state).toEqual({ name: 'idle' });
  });
});
