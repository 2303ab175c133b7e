import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UserError } from '../../src/base/user-error.ts';
import { createBluesky } from '../../src/source/bluesky/bluesky.ts';
import { mergeSources, TRY_AGAIN_MS } from '../../src/source/merged.ts';
import { createSample } from '../../src/source/sample.ts';
import { isWhole, type SourceState } from '../../src/source/source.ts';
import { createX } from '../../src/source/x/x.ts';
import { WantedTracks } from '../../src/stream/wanted-tracks.ts';
import { atSources, isAt as isOf, type Track } from '../../src/track/track.ts';
import { sourceContract } from '../contract/source.ts';
import { FakeClock, passTime } from '../support/fake-clock.ts';
import { startFakeJetstream } from '../support/fake-jetstream.ts';
import { startFakeX } from '../support/fake-x.ts';
import { createHandSource, type HandSource } from '../support/hand-source.ts';
import { postEvent } from '../support/jetstream-events.ts';
import { createRecordingSink } from '../support/recording-sink.ts';
import { track } from '../support/tracks.ts';
import { allowanceOf, xPost } from '../support/x-source.ts';

sourceContract('bluesky, x and sample, merged', async (sink) => {
  const clock = new FakeClock();
  const token = 'a-secret';
  const x = await startFakeX({ clock, token, keepAliveMs: 10_000 });
  const jetstream = await startFakeJetstream({ clock });
  const xOptions = {
    url: x.url,
    token,
    maxRules: 1000,
    ruleLength: 1024,
    languages: ['en'],
    allowance: allowanceOf(clock),
    warn: () => {},
    random: () => 0,
  };
  const source = mergeSources(
    [
      (part) => createBluesky({ urls: [jetstream.url], random: () => 0 }, part, clock),
      (part) => createX(xOptions, part, clock),
      (part) => createSample({ seed: 1 }, part, clock),
    ],
    sink,
    { clock, warn: () => {} },
  );
  let n = 0;
  return {
    // X gives up its last request after a while.
    source: Object.assign(Object.create(source, Object.getOwnPropertyDescriptors(source)), {
      close: () => passTime(clock, source.close()),
    }),
    run: (done) => {
      const upstreams = {
        advance(ms: number) {
          clock.advance(ms);
          void x.push(xPost('coffee'));
          jetstream.emit(postEvent(n++, { text: 'coffee' }));
        },
      };
      return passTime(upstreams, done, 20);
    },
    connections: () => Math.max(x.counts.connects, jetstream.handshakes),
    stop: async () => {
      await x.close();
      await jetstream.close();
    },
  };
});

const NAMES = ['one', 'two', 'three'];

function merge(names: readonly string[] = NAMES) {
  const clock = new FakeClock();
  const sink = createRecordingSink();
  const warnings: string[] = [];
  const hands: HandSource[] = [];
  const source = mergeSources(
    names.map((name) => (part) => {
      const hand = createHandSource(part, name);
      hands.push(hand);
      return hand;
    }),
    sink,
    { clock, warn: (line) => warnings.push(line) },
  );
  return { clock, sink, warnings, source, hands };
}

const FULL = new UserError('UPSTREAM_FULL', 'It is full.');

test('a track that one source cannot deliver stays with the others, and is tried again later', () => {
  const { clock, sink, warnings, source, hands } = merge(['one', 'two']);
  const [one, two] = hands as [HandSource, HandSource];
  const coffee = track('coffee');
  const wanted = new Set([coffee, track('tea')]);
  source.want(wanted);
  one.sink.rejected(coffee, FULL);
  expect(one.wanted.at(-1)).toEqual(['tea']);
  expect(two.wanted.at(-1)).toEqual(['coffee', 'tea']);
  expect(sink.rejections).toEqual([]);
  expect(source.rejections).toEqual([{ track: 'coffee', source: 'one', reason: 'It is full.' }]);
  expect(warnings).toEqual(['"coffee" is not followed at one for now: It is full.']);
  wanted.add(track('milk'));
  source.want(wanted);
  expect(one.wanted.at(-1)).toEqual(['tea', 'milk']);
  clock.advance(TRY_AGAIN_MS);
  expect(one.wanted.at(-1)).toEqual(['coffee', 'tea', 'milk']);
  expect(source.rejections).toEqual([]);
});

test('a source that has rejected all tracks lacks no posts while it is asked again', () => {
  const { clock, sink, source, hands } = merge(['one', 'two']);
  const two = hands[1] as HandSource;
  Object.assign(two, {
    want: (tracks: ReadonlySet<Track>) =>
      two.become({ name: tracks.size > 0 ? 'connecting' : 'idle' }),
  });
  const [coffee, tea] = [track('coffee'), track('tea')];
  const isComplete = () => isWhole(source, coffee);
  const told = () => sink.states.filter((_, i) => sink.reporters[i] === 'two').map((it) => it.name);
  source.want(new Set([coffee]));
  expect(isComplete()).toBe(false);
  two.sink.rejected(coffee, FULL);
  expect([isComplete(), told()]).toEqual([true, ['connecting', 'idle']]);
  for (let attempt = 0; attempt < 3; attempt++) {
    clock.advance(TRY_AGAIN_MS);
    expect(two.state.name).toBe('connecting');
    expect([isComplete(), source.parts?.[1]?.state.name]).toEqual([true, 'idle']);
    two.sink.rejected(coffee, FULL);
    expect([two.state.name, told()]).toEqual(['idle', ['connecting', 'idle']]);
  }
  clock.advance(TRY_AGAIN_MS);
  two.become({ name: 'live' });
  expect([isComplete(), told()]).toEqual([true, ['connecting', 'idle', 'live']]);

  two.sink.rejected(coffee, FULL);
  clock.advance(TRY_AGAIN_MS);
  expect(isComplete()).toBe(true);
  source.want(new Set([coffee, tea]));
  expect(isWhole(source, tea)).toBe(false);
  expect(told().slice(3)).toEqual(['idle', 'connecting', 'connecting']);
});

test('a track that no source can deliver is rejected, for the reasons of all', () => {
  const { clock, sink, source, hands } = merge(['one', 'two']);
  const coffee = track('coffee');
  const wanted = new Set([coffee]);
  source.want(wanted);
  for (const hand of hands) hand.sink.rejected(coffee, FULL);
  expect(sink.rejections).toEqual([
    { track: coffee, error: new UserError('UPSTREAM_FULL', 'one: It is full. two: It is full.') },
  ]);
  wanted.delete(coffee);
  const atOne = atSources(coffee, ['one']);
  wanted.add(atOne);
  source.want(wanted);
  expect(source.rejections).toEqual([]);
  hands[0]?.sink.rejected(atOne, FULL);
  expect(sink.rejections.at(-1)).toEqual({ track: atOne, error: FULL });
  wanted.delete(atOne);
  source.want(wanted);
  const calls = hands.map((hand) => hand.wanted.length);
  clock.advance(2 * TRY_AGAIN_MS);
  expect(hands.map((hand) => hand.wanted.length)).toEqual(calls);
});

test('what a source has missed that was out from the beginning is a gap', () => {
  const { sink, source, hands } = merge(['one', 'two']);
  const [one, two] = hands as [HandSource, HandSource];
  source.want(new Set([track('coffee')]));
  expect(sink.gaps).toEqual([]);
  two.become({ name: 'idle' });
  for (const name of ['connecting', 'waiting', 'connecting'] as const) {
    two.become(name === 'waiting' ? { name, reason: 'it is down', until: 1 } : { name });
  }
  one.say('coffee');
  two.become({ name: 'live' });
  expect(sink.gaps).toEqual([1]);
  // It tells of later ones itself.
  two.become({ name: 'waiting', reason: 'it broke', until: 1 });
  two.become({ name: 'live' });
  expect(sink.gaps).toEqual([1]);
});

const TRACKS = [
  ...['coffee', 'tea'].map(track),
  atSources(track('tea'), ['one']),
  atSources(track('milk'), ['one', 'two']),
];
const isAt = (one: Track, name = '') => isOf(one, name);
const STATES: readonly SourceState[] = [
  { name: 'connecting' },
  { name: 'live' },
  { name: 'waiting', reason: 'it broke', until: 1 },
  { name: 'paused', reason: 'it ended' },
];
const part = fc.nat(NAMES.length - 1);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('post' as const), part }) },
  fc.record({
    kind: fc.constantFrom('bad' as const, 'repeated' as const, 'deleted' as const, 'gap' as const),
    part,
  }),
  fc.record({ kind: fc.constant('state' as const), part, state: fc.constantFrom(...STATES) }),
  fc.record({ kind: fc.constant('want' as const), tracks: fc.subarray(TRACKS) }),
  fc.record({ kind: fc.constant('reject' as const), part, track: fc.constantFrom(...TRACKS) }),
  fc.record({ kind: fc.constant('wait' as const) }),
);

test('whatever the sources do and in which order, each thing they tell comes out once, as theirs', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: NAMES.length }), fc.array(step), (count, steps) => {
      const names = NAMES.slice(0, count);
      const { clock, sink, source, hands } = merge(names);
      const wanted = new WantedTracks();
      const rejected = names.map(() => new Set<Track>());
      const expected = {
        posts: [] as string[],
        reasons: [] as string[],
        deletions: [] as string[],
        gaps: 0,
        repeats: 0,
        rejections: 0,
      };
      for (const [i, each] of steps.entries()) {
        const n = 'part' in each ? each.part % count : 0;
        const [hand, name] = [hands[n] as HandSource, names[n]];
        if (each.kind === 'post') {
          hand.say(String(i));
          expected.posts.push(`${name} ${i}`);
        } else if (each.kind === 'bad') {
          hand.sink.bad(String(i));
          expected.reasons.push(`${name}: ${i}`);
        } else if (each.kind === 'repeated') {
          hand.sink.repeated();
          expected.repeats += 1;
        } else if (each.kind === 'deleted') {
          hand.sink.deleted(String(i));
          expected.deletions.push(`${name} ${i}`);
        } else if (each.kind === 'gap') {
          hand.sink.gap();
          expected.gaps += 1;
        } else if (each.kind === 'state') {
          hand.become(each.state);
          expect(sink.states.at(-1)).toBe(each.state);
          expect(sink.reporters.at(-1)).toBe(name);
        } else if (each.kind === 'wait') {
          clock.advance(TRY_AGAIN_MS);
          for (const some of rejected) some.clear();
        } else if (each.kind === 'want') {
          for (const old of TRACKS) if (!each.tracks.includes(old)) wanted.delete(old);
          for (const fresh of each.tracks) wanted.add(fresh);
          for (const some of rejected)
            for (const old of some) if (!wanted.has(old)) some.delete(old);
          source.want(wanted);
        } else if (each.kind === 'reject') {
          const some = rejected[n] as Set<Track>;
          // A source rejects only what it has been told to deliver.
          if (!wanted.has(each.track) || some.has(each.track) || !isAt(each.track, name)) continue;
          some.add(each.track);
          hand.sink.rejected(each.track, FULL);
          if (rejected.every((all, k) => all.has(each.track) || !isAt(each.track, names[k]))) {
            expected.rejections += 1;
            wanted.delete(each.track);
            for (const all of rejected) all.delete(each.track);
            source.want(wanted);
          }
        }
        for (const [k, { wanted: told, count }] of hands.entries()) {
          const due = [...wanted].filter((one) => isAt(one, names[k]) && !rejected[k]?.has(one));
          expect(told.at(-1) ?? []).toEqual(due.map(({ canonical }) => canonical));
          expect(count).toBe(due.length);
        }
      }
      expect(sink.posts.map((post) => `${post.source} ${post.text}`)).toEqual(expected.posts);
      const { reasons, deletions, gaps, repeats, rejections } = sink;
      expect({ reasons, deletions, repeats }).toEqual({
        reasons: expected.reasons,
        deletions: expected.deletions,
        repeats: expected.repeats,
      });
      expect(gaps.length).toBeGreaterThanOrEqual(expected.gaps);
      expect(rejections.length).toBe(expected.rejections);
      const states = hands.map(({ state }) => state);
      expect(source.parts?.map(({ state }) => state)).toEqual(states);
      expect(states).toContain(source.state);
      const are = (name: string) => states.filter((state) => state.name === name).length;
      expect(source.state.name === 'live').toBe(are('live') > 0);
      expect(source.state.name === 'idle').toBe(are('idle') === count);
      expect(isWhole(source, track('tea'))).toBe(
        are('live') > 0 && are('live') + are('idle') === count,
      );
      expect(isWhole(source, atSources(track('tea'), ['one']))).toBe(states[0]?.name === 'live');
    }),
  );
});
