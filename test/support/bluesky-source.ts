// A Bluesky source on stand-ins of its own, with the steps that its tests share.

import { afterEach } from 'vitest';
import { createBluesky } from '../../src/source/bluesky/bluesky.ts';
import type { SourceState } from '../../src/source/source.ts';
import { parseTrack, type Track } from '../../src/track/track.ts';
import { FakeClock } from './fake-clock.ts';
import { type FakeJetstream, startFakeJetstream } from './fake-jetstream.ts';
import { postEvent } from './jetstream-events.ts';
import { createRecordingSink } from './recording-sink.ts';

export const NOBODY: ReadonlySet<Track> = new Set();
export const SOMEBODY: ReadonlySet<Track> = new Set([parseTrack('tea') as Track]);
const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** The versions of Jetstream, for tests that hold for each. */
export const VERSIONS = [1, 2] as const;

/** A source on `hosts` stand-ins of its own, with a clock and a sink of its own. */
export async function setUpBluesky({ hosts = 1, history = 1000, version = 1 } = {}) {
  const clock = new FakeClock();
  const sink = createRecordingSink();
  const jetstreams: FakeJetstream[] = [];
  for (let i = 0; i < hosts; i++) {
    const firstSeq = 1 + i * 1_000_000;
    const jetstream = await startFakeJetstream({ clock, history, firstSeq });
    cleanUps.push(() => jetstream.close());
    jetstreams.push(jetstream);
  }
  const [jetstream, other] = jetstreams as [FakeJetstream, FakeJetstream];
  const urls = jetstreams.map(({ url, urlV2 }) => (version === 1 ? url : urlV2));
  const source = createBluesky({ urls, random: () => 0 }, sink, clock);
  cleanUps.push(() => source.close());

  const is = (name: SourceState['name']) => sink.until(() => source.state.name === name);
  const live = async () => {
    source.want(SOMEBODY);
    await is('live');
  };
  /** Waits for a failure, and begins the next connection. */
  const retry = async () => {
    await is('waiting');
    const { state } = source;
    if (state.name !== 'waiting') throw new Error(`it is ${state.name}`);
    clock.advance(state.until - clock.now());
    return state;
  };
  const recover = async () => {
    const state = await retry();
    await is('live');
    return state;
  };
  let n = 0;
  /** Tells of new posts, `ms` milliseconds apart, and gives their texts. */
  const emit = (count: number, on = jetstream, ms = 20) =>
    Array.from({ length: count }, () => {
      if (ms > 0) clock.advance(ms);
      const text = `post ${n}`;
      on.emit(postEvent(n, { text }));
      n += 1;
      return text;
    });
  const texts = () => sink.posts.map(({ text }) => text);
  const received = (count: number) => sink.until(() => sink.posts.length >= count);
  return { clock, sink, jetstream, other, source, is, live, retry, recover, emit, texts, received };
}
