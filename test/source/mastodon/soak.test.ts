// Thousands of posts on two instances, through every fault that the stand-ins know. The test's name has the seed.

import { describe, expect, test } from 'vitest';
import { MAX_FRAME_BYTES } from '../../../src/source/mastodon/instance.ts';
import { CONNECT_WITHIN_MS, LONGEST_SILENCE_MS } from '../../../src/source/socket-connection.ts';
import type { FakeMastodon } from '../../support/fake-mastodon.ts';
import { setUpMastodon } from '../../support/mastodon-source.ts';
import { seeded } from '../../support/seeded.ts';
import { statusOf, uriOf } from '../../support/statuses.ts';
import { untilWith } from '../../support/until.ts';

const POSTS = 2500;
const MAX_IN_A_BURST = 40;
const FAULT_SHARE = 0.4;
const HUGE = 'x'.repeat(MAX_FRAME_BYTES + 1);
const GARBAGE = ['{"event":', '', 'null', '[1]', '{"event":"update"}', new Uint8Array([1, 2])];
/** An instance that answers any other status is left alone for long. */
const STATUSES = [429, 500, 502, 503];
const SOON = { 'Retry-After': '5' };

const FAULTS = [
  'terminate',
  'stall',
  'reject',
  'rejectStreams',
  'hold',
  'hangUp',
  'oversize',
  'garbage',
  'repeat',
  'noise',
  'delete',
  'outage',
] as const;
type Fault = (typeof FAULTS)[number];

async function soak(seed: number) {
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  const one = <T>(list: readonly T[]) => list[below(list.length)] as T;
  const { clock, sink, mastodon, other, source, live } = await setUpMastodon({ instances: 2 });
  const instances = [mastodon, other];
  const faults = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>;
  const deleted: string[] = [];
  let emitted = 0;
  let bad = 0;

  const statusOn = (instance: FakeMastodon, n: number, draft = {}) =>
    statusOf(n, { text: `post ${n}`, ...draft }, 1e6 * (1 + instances.indexOf(instance)));

  function emit(count: number): void {
    for (let i = 0; i < count && emitted < POSTS; i++) {
      const n = emitted++;
      for (const instance of instances) instance.emit(statusOn(instance, n));
    }
  }

  /** Everything that was sent: data on its way would be taken for lost once the clock moves. */
  const arrived = () =>
    sink.until(() => {
      const sent = instances.reduce((sum, { sent }) => sum + sent.statuses, 0);
      return sink.posts.length + sink.repeats >= sent;
    });

  /** Waits until the instance has lost its connection, and has a new one, while posts go on. */
  async function recover(instance: FakeMastodon): Promise<void> {
    await instance.untilDeserted();
    emit(below(5));
    await untilWith(clock, () => instance.open === 1, 'the source is back');
  }

  const play: Record<Fault, (instance: FakeMastodon) => Promise<void>> = {
    async terminate(instance) {
      instance.terminate();
      await recover(instance);
    },
    async stall(instance) {
      instance.stall();
      for (let ms = 0; ms < LONGEST_SILENCE_MS; ms += 1000) {
        clock.advance(1000);
        // The other one brings what the stalled one does not.
        emit(1);
        await arrived();
      }
      await recover(instance);
    },
    async reject(instance) {
      instance.reject(one(STATUSES), SOON);
      const tries = instance.handshakes + 1 + below(3);
      instance.terminate();
      await untilWith(clock, () => instance.handshakes >= tries);
      instance.reject(undefined);
      await recover(instance);
    },
    async rejectStreams(instance) {
      instance.rejectStreams(one([500, 503]), 'not now');
      instance.terminate();
      await recover(instance);
      instance.rejectStreams(undefined);
      await recover(instance);
    },
    async hold(instance) {
      instance.hold();
      const { handshakes } = instance;
      instance.terminate();
      await untilWith(clock, () => instance.handshakes > handshakes);
      const isLate = random() < 0.5;
      for (let ms = 0; isLate && ms < CONNECT_WITHIN_MS; ms += 1000) {
        clock.advance(1000);
        emit(1);
        await arrived();
      }
      instance.release(!isLate);
      await untilWith(clock, () => instance.open === 1, 'the source is back');
    },
    async hangUp(instance) {
      instance.hangUp(one([1000, 1001, 1011, 1012, 1013, 4000]), 'so it goes');
      await recover(instance);
    },
    async oversize(instance) {
      bad += 1;
      instance.inject(HUGE);
      await recover(instance);
    },
    async garbage(instance) {
      bad += 1;
      instance.inject(one(GARBAGE));
      await sink.until(() => sink.reasons.length >= bad);
    },
    async repeat(instance) {
      instance.repeat(1 + below(30));
    },
    async noise(instance) {
      instance.edit(statusOn(instance, below(emitted), { text: 'edited' }));
      for (const draft of [{ reblog: statusOn(instance, 0) }, { visibility: 'unlisted' }]) {
        const payload = JSON.stringify(statusOn(instance, POSTS + 1, draft));
        instance.inject(JSON.stringify({ stream: ['public'], event: 'update', payload }));
      }
      instance.inject(JSON.stringify({ stream: ['public'], event: 'filters_changed' }));
    },
    async delete() {
      const n = emitted - 1;
      // The one that brought it first is heard.
      for (const each of instances) each.delete(statusOn(each, n).id);
      deleted.push(uriOf(n));
      await sink.until(() => sink.deletions.includes(uriOf(n)));
    },
    async outage(first) {
      for (const each of instances) {
        each.reject(one(STATUSES), SOON);
        each.terminate();
      }
      await untilWith(clock, () => source.state.name === 'waiting');
      const gaps = sink.gaps.length;
      first.reject(undefined);
      await untilWith(clock, () => source.state.name === 'live');
      expect(sink.gaps).toHaveLength(gaps + 1);
      for (const each of instances) each.reject(undefined);
      await untilWith(clock, () => instances.every(({ open }) => open === 1));
    },
  };

  await live();
  while (emitted < POSTS) {
    emit(1 + below(MAX_IN_A_BURST));
    await arrived();
    if (random() >= FAULT_SHARE) continue;
    const fault = one(FAULTS);
    faults[fault] += 1;
    await play[fault](one(instances));
  }
  await arrived();
  const sent = instances.reduce((sum, { sent }) => sum + sent.statuses, 0);
  const states = new Set(sink.states.map(({ name }) => name));
  await source.close();
  return { sink, states, clock, faults, bad, deleted, sent };
}

describe('a soak of the Mastodon source', () => {
  test.each([1, 2])(
    'delivers every post once, through every fault of one instance and while both are out: seed %i',
    async (seed) => {
      const { sink, states, clock, faults, bad, deleted, sent } = await soak(seed);
      expect(new Set(sink.posts.map(({ id }) => id)).size).toBe(POSTS);
      expect(new Set(sink.posts.map(({ text }) => text))).toEqual(
        new Set(Array.from({ length: POSTS }, (_, i) => `post ${i}`)),
      );
      expect(sink.posts).toHaveLength(POSTS);
      expect(sink.repeats).toBe(sent - POSTS);
      expect(sink.reasons).toHaveLength(bad);
      expect(sink.gaps.length).toBeGreaterThan(faults.terminate + faults.hangUp + faults.oversize);
      expect(new Set(sink.deletions)).toEqual(new Set(deleted));
      expect(states).toEqual(new Set(['connecting', 'live', 'waiting']));
      for (const fault of FAULTS) expect(faults[fault], fault).toBeGreaterThan(0);
      expect(clock.pending).toBe(0);
    },
  );
});
