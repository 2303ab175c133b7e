import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { UserError } from '../../src/base/user-error.ts';
import { CountedPast } from '../../src/history/counts.ts';
import { createLookBack, MAX_WAITING } from '../../src/history/look-back.ts';
import { SqliteStore } from '../../src/history/sqlite-store.ts';
import { MINUTE, NOTHING, type Store } from '../../src/history/store.ts';
import type { Recording } from '../../src/stream/recorder.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { eventAt, SIZES, START } from '../support/history.ts';
import { createPast } from '../support/keeping.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { track } from '../support/tracks.ts';

function createHistory(store: Store = createStore()) {
  const clock = new FakeClock(START);
  const counts = new CountedPast(createPast(), clock, store, (ended) => void store.end(ended));
  counts.live('hand', true);
  let number = 0;
  const position = () => ({ epoch: 1, number, time: clock.now() });
  const rejected: string[] = [];
  const lookBack = createLookBack({
    counts,
    store,
    retention: SIZES.retention,
    clock,
    maxWaiting: MAX_WAITING.clients,
    rejected: (reason) => void rejected.push(reason),
  });
  return {
    clock,
    rejected,
    open: (query: string) => counts.open(track(query), position()),
    say(recording: Recording, more: Parameters<typeof eventAt>[1] = {}) {
      number += 1;
      counts.event(eventAt(position(), more), [recording.slot]);
    },
    /** From and to are in minutes after START. */
    async ask(from: number, to?: number, size: 'MINUTE' | 'TEN_MINUTES' | 'HOUR' = 'MINUTE') {
      const end = to === undefined ? undefined : START + to * MINUTE;
      const answer = await lookBack.history(track('coffee'), START + from * MINUTE, end, size);
      if (answer instanceof UserError) throw answer;
      return answer;
    },
  };
}

function createStore(): SqliteStore {
  const store = new SqliteStore(
    { path: ':memory:', ...SIZES },
    recordTelemetry().log('history'),
    () => {},
  );
  onTestFinished(() => store.close());
  return store;
}

const EMPTY_STORE: Store = {
  state: { faults: 0, bytes: 0 },
  follow() {},
  leave() {},
  count() {},
  forget() {},
  end: async () => [],
  append() {},
  read: async () => ({ ...NOTHING, running: [] }),
  close: async () => {},
};

test('every bucket of the span is there, the running one included', async () => {
  const { clock, open, say, ask } = createHistory();
  const coffee = open('coffee');
  say(coffee, { score: 0.5, hashtags: [{ tag: 'a', count: 1 }] });
  clock.advance(2 * MINUTE + 1000);
  say(coffee, { score: -0.7, polarityIndex: 1, hashtags: [{ tag: 'b', count: 1 }] });
  say(coffee, {
    score: 0,
    polarityIndex: 2,
    post: { id: '3', source: 'x', text: null, langs: [] },
  });
  const { buckets, end } = await ask(-1);
  expect(end).toEqual({ epoch: 1, number: 3, time: clock.now() });
  expect(buckets).toEqual([
    { ...EMPTY, start: START - MINUTE, isComplete: false },
    {
      ...EMPTY,
      start: START,
      positive: 1,
      meanScore: 0.5,
      hashtags: [{ tag: 'a', count: 1 }],
      bySource: [{ source: 'hand', posts: 1 }],
    },
    { ...EMPTY, start: START + MINUTE },
    {
      ...EMPTY,
      start: START + 2 * MINUTE,
      negative: 1,
      neutral: 1,
      meanScore: -0.35,
      hashtags: [{ tag: 'b', count: 1 }],
      bySource: [
        { source: 'hand', posts: 1 },
        { source: 'x', posts: 1 },
      ],
    },
  ]);
});

const EMPTY = {
  positive: 0,
  negative: 0,
  neutral: 0,
  meanScore: null,
  hashtags: [],
  bySource: [],
  isComplete: true,
};

test('a span may begin and end anywhere: its buckets are whole', async () => {
  const { clock, open, say, ask } = createHistory();
  const coffee = open('coffee');
  for (let minute = 0; minute < 130; minute++) {
    say(coffee);
    clock.advance(MINUTE);
  }
  const starts = async (...span: Parameters<typeof ask>) =>
    (await ask(...span)).buckets.map(({ start, positive }) => [(start - START) / MINUTE, positive]);
  expect(await starts(3.5, 5.5)).toEqual([
    [3, 1],
    [4, 1],
    [5, 1],
  ]);
  expect(await starts(3, 5)).toEqual([
    [3, 1],
    [4, 1],
  ]);
  expect(await starts(15, 45, 'TEN_MINUTES')).toEqual([
    [10, 10],
    [20, 10],
    [30, 10],
    [40, 10],
  ]);
  expect(await starts(59, undefined, 'HOUR')).toEqual([
    [0, 60],
    [60, 60],
    [120, 10],
  ]);
  // A time that has not come yet counts as now.
  expect(await starts(129, 1000)).toEqual([
    [129, 1],
    [130, 0],
  ]);
  expect(await starts(200)).toEqual([]);
});

test('long buckets are complete if each of their minutes is', async () => {
  const { clock, open, ask } = createHistory();
  open('coffee');
  clock.advance(30 * MINUTE);
  const { buckets } = await ask(-60, undefined, 'HOUR');
  expect(buckets.map(({ isComplete }) => isComplete)).toEqual([false, true]);
  const late = createHistory();
  late.clock.advance(10 * MINUTE + 1);
  late.open('coffee');
  late.clock.advance(30 * MINUTE);
  expect((await late.ask(0, undefined, 'HOUR')).buckets[0]?.isComplete).toBe(false);
  expect((await late.ask(0, undefined, 'TEN_MINUTES')).buckets.map((b) => b.isComplete)).toEqual([
    false,
    false,
    true,
    true,
    true,
  ]);
});

test('a gap is known at once, before the store hears of it', async () => {
  const { clock, open, ask } = createHistory();
  const coffee = open('coffee');
  clock.advance(3 * MINUTE + 5000);
  const complete = async () => (await ask(0)).buckets.map(({ isComplete }) => isComplete);
  expect(await complete()).toEqual([true, true, true, true]);
  coffee.gap({ epoch: 1, number: 0, time: clock.now() });
  // The source may have been silent for a while before the gap was noticed.
  expect(await complete()).toEqual([true, true, false, false]);
  coffee.close();
  clock.advance(MINUTE);
  expect(await complete()).toEqual([true, true, false, false, false]);
});

test('calls nothing complete that the store has forgotten, though the topic was followed', async () => {
  const { clock, open, ask } = createHistory(EMPTY_STORE);
  open('coffee');
  clock.advance(3 * MINUTE + 5000);
  // The store knows of the last minute only once the running one has ended.
  const complete = (await ask(0)).buckets.map(({ isComplete }) => isComplete);
  expect(complete).toEqual([false, false, true, true]);
});

test('calls nothing complete while the store has failed', async () => {
  const { clock, open, ask } = createHistory({ ...EMPTY_STORE, read: async () => NOTHING });
  open('coffee');
  clock.advance(MINUTE + 5000);
  const { buckets } = await ask(0);
  expect(buckets.map(({ isComplete }) => isComplete)).toEqual([false, false]);
});

test('has the running minute also after the clock was set back', async () => {
  const { ask, open, say, clock } = createHistory();
  const coffee = open('coffee');
  clock.advance(3 * MINUTE);
  say(coffee);
  clock.set(START + MINUTE);
  say(coffee);
  const { buckets } = await ask(0);
  expect(buckets.map(({ positive }) => positive)).toEqual([0, 0, 0, 2]);
});

test('says since when buckets of a size are kept', async () => {
  const { ask, open, clock } = createHistory();
  open('coffee');
  clock.advance(MINUTE / 2);
  const { MINUTE: day } = SIZES.retention;
  expect((await ask(0)).retainedFrom).toBe(START + MINUTE - day);
  expect((await ask(0, undefined, 'HOUR')).retainedFrom).toBe(
    START + 60 * MINUTE - SIZES.retention.HOUR,
  );
});

test('rejects a question while too many others wait', async () => {
  const { promise, resolve } = Promise.withResolvers<typeof NOTHING>();
  const { ask, rejected } = createHistory({ ...EMPTY_STORE, read: () => promise });
  const waiting = Array.from({ length: MAX_WAITING.clients }, () => ask(-1));
  await expect(ask(-1)).rejects.toThrow(UserError);
  expect(rejected.length).toBe(1);
  resolve(NOTHING);
  await Promise.all(waiting);
  expect((await ask(-1)).buckets.length).toBe(2);
});

test('each answer has every event until the question once, whatever happens around it', async () => {
  const step = fc.record({
    does: fc.constantFrom('toggle', 'say', 'say', 'say', 'wait', 'ask', 'back'),
    query: fc.constantFrom('coffee', 'tea', 'milk'),
    ms: fc.nat(50_000),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 80 }), async (steps) => {
      const { clock, open, say, ask } = createHistory();
      const opened = new Map<string, Recording>();
      let said = 0;
      const answers: Promise<[number, number]>[] = [];
      for (const { does, query, ms } of steps) {
        const recording = opened.get(query);
        if (does === 'wait') clock.advance(ms);
        else if (does === 'back') clock.set(clock.now() - ms);
        else if (does === 'ask') {
          const expected = said;
          answers.push(
            ask(-60).then(({ buckets }) => [
              buckets.reduce((sum, { positive }) => sum + positive, 0),
              expected,
            ]),
          );
        } else if (does === 'toggle' && recording === undefined) opened.set(query, open(query));
        else if (does === 'toggle') {
          recording?.close();
          opened.delete(query);
        } else if (recording !== undefined) {
          say(recording);
          if (query === 'coffee') said += 1;
        }
      }
      for (const [found, expected] of await Promise.all(answers)) expect(found).toBe(expected);
    }),
    { numRuns: 20 },
  );
});
