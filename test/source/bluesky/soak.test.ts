// Ten thousand posts through every fault that the stand-in knows. The test's name has the seed.

import { describe, expect, test } from 'vitest';
import { createBluesky, MAX_FRAME_BYTES } from '../../../src/source/bluesky/bluesky.ts';
import { CONNECT_WITHIN_MS, LONGEST_SILENCE_MS } from '../../../src/source/socket-connection.ts';
import { parseTrack, type Track } from '../../../src/track/track.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { type FakeJetstream, startFakeJetstream } from '../../support/fake-jetstream.ts';
import { deleteEvent, identityEvent, postEvent } from '../../support/jetstream-events.ts';
import { createRecordingSink } from '../../support/recording-sink.ts';
import { seeded } from '../../support/seeded.ts';

const POSTS = 10_000;
const MAX_IN_A_BURST = 40;
const FAULT_SHARE = 0.4;
const BETWEEN_POSTS_MS = 20;
const HUGE = 'x'.repeat(MAX_FRAME_BYTES + 1);
const GARBAGE = ['{"did":', '', 'null', '[1]', '{"time_us":0}', '\u0000', new Uint8Array([1, 2])];

const FAULTS = [
  'terminate',
  'stall',
  'reject',
  'hold',
  'hangUp',
  'oversize',
  'garbage',
  'repeat',
  'oddKind',
  'wrongTime',
] as const;
type Fault = (typeof FAULTS)[number];

/**
 * Plays one soak. A `settled` one lets everything that was sent arrive before it cuts a line, so that
 * every frame can be accounted for; the other cuts in the middle of bursts.
 */
async function soak(seed: number, settled: boolean, version: number) {
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  const clock = new FakeClock();
  const sink = createRecordingSink();
  const jetstream = await startFakeJetstream({ clock });
  const url = version === 1 ? jetstream.url : jetstream.urlV2;
  const source = createBluesky({ urls: [url], random: seeded(~seed) }, sink, clock);
  const faults = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>;
  let emitted = 0;
  let bad = 0;

  const is = (name: string) => sink.until(() => source.state.name === name);
  /** In a settled soak, frames of posts. In the other, which loses some frames that come again, posts. */
  const arrived = () =>
    sink.until(() =>
      settled
        ? sink.posts.length + sink.repeats >= jetstream.sent.posts
        : sink.posts.length >= emitted,
    );
  const counted = () => sink.until(() => sink.reasons.length >= bad);

  function emit(count: number): void {
    for (let i = 0; i < count && emitted < POSTS; i++) {
      clock.advance(BETWEEN_POSTS_MS);
      // A post comes last: once it has arrived, so has everything before it.
      if (random() < 0.1) jetstream.emit(identityEvent(emitted));
      if (random() < 0.05) jetstream.emit(deleteEvent(emitted));
      jetstream.emit(postEvent(emitted, { text: `post ${emitted}` }));
      emitted += 1;
    }
  }

  /** Waits until the source has failed and is live again, while posts go on. */
  async function recover(): Promise<void> {
    await is('waiting');
    await jetstream.untilDeserted();
    emit(below(5));
    while (source.state.name !== 'live') {
      const { state } = source;
      if (state.name === 'waiting') clock.advance(Math.max(0, state.until - clock.now()));
      else await sink.until(() => source.state.name !== 'connecting');
    }
  }

  const play: Record<Fault, (jetstream: FakeJetstream) => Promise<void>> = {
    async terminate() {
      jetstream.terminate();
      await recover();
    },
    async stall() {
      // A frame that is still on its way would restart the silence.
      await arrived();
      jetstream.stall();
      emit(below(MAX_IN_A_BURST));
      // In small steps, so that the state `waiting` is not skipped.
      for (let ms = 0; source.state.name === 'live' && ms <= LONGEST_SILENCE_MS; ms += 100) {
        clock.advance(100);
      }
      await recover();
    },
    async reject() {
      jetstream.reject(503);
      jetstream.terminate();
      const rejected = jetstream.handshakes + 1 + below(4);
      await is('waiting');
      while (jetstream.handshakes < rejected) {
        emit(below(3));
        const { state } = source;
        if (state.name === 'waiting') clock.advance(Math.max(0, state.until - clock.now()));
        await is('waiting');
      }
      jetstream.reject(undefined);
      await recover();
    },
    async hold() {
      jetstream.hold();
      jetstream.terminate();
      await is('waiting');
      const { state } = source;
      const asked = jetstream.handshakes + 1;
      if (state.name === 'waiting') clock.advance(state.until - clock.now());
      await jetstream.untilHandshake(asked);
      emit(below(5));
      if (random() < 0.5) {
        clock.advance(CONNECT_WITHIN_MS);
        jetstream.release(false);
        await recover();
      } else {
        jetstream.release();
        await is('live');
      }
    },
    async hangUp() {
      jetstream.hangUp([1000, 1001, 1011, 1012, 1013, 4000][below(6)] ?? 1000, 'so it goes');
      await recover();
    },
    async oversize() {
      bad += 1;
      jetstream.inject(HUGE);
      await recover();
    },
    async garbage() {
      bad += 1;
      jetstream.inject(GARBAGE[below(GARBAGE.length)] ?? '');
      await counted();
    },
    async repeat() {
      jetstream.repeat(1 + below(30));
    },
    async oddKind() {
      jetstream.emit({ did: 'did:plc:a', kind: ['news', 'sync', 'info'][below(3)] ?? '' });
    },
    async wrongTime() {
      const times = [1, 9e15, (clock.now() + 3e5) * 1000, (clock.now() - 3e5) * 1000];
      jetstream.inject(JSON.stringify({ did: 'x', time_us: times[below(4)], kind: 'news' }));
      if (random() < 0.5) await play.terminate(jetstream);
    },
  };

  source.want(new Set([parseTrack('tea') as Track]));
  await is('live');
  emit(2);
  await arrived();
  while (emitted < POSTS) {
    emit(1 + below(MAX_IN_A_BURST));
    if (random() >= FAULT_SHARE) {
      await arrived();
      continue;
    }
    if (settled) await arrived();
    const fault = FAULTS[below(FAULTS.length)] ?? 'terminate';
    faults[fault] += 1;
    await play[fault](jetstream);
  }
  await sink.until(() => sink.posts.length >= POSTS);
  if (settled) await arrived();
  await source.close();
  await jetstream.close();
  return {
    sink,
    clock,
    faults,
    bad,
    sent: jetstream.sent.posts,
  };
}

describe('a soak of the Bluesky source', () => {
  const soaks = [
    ...[1, 2, 3].flatMap((seed) => [true, false].map((settled) => ({ seed, settled, version: 1 }))),
    ...[true, false].map((settled) => ({ seed: 4, settled, version: 2 })),
  ];
  test.each(soaks)(
    'delivers every post once, in order, through every fault: %o',
    async ({ seed, settled, version }) => {
      const { sink, clock, faults, bad, sent } = await soak(seed, settled, version);
      expect(sink.posts.map(({ text }) => text)).toEqual(
        Array.from({ length: POSTS }, (_, i) => `post ${i}`),
      );
      expect(sink.reasons).toHaveLength(bad);
      if (settled) expect(sink.posts.length + sink.repeats).toBe(sent);
      else expect(sink.posts.length + sink.repeats).toBeLessThanOrEqual(sent);
      for (const fault of FAULTS) expect(faults[fault], fault).toBeGreaterThan(0);
      expect(clock.pending).toBe(0);
    },
  );
});
