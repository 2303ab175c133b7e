// Windows against a list of all posts, whatever they begin with: kept events, counts by the minute, answers that come
// late, topics that linger, posts that are deleted or lost, and a clock that is set.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MinuteCounter } from '../../src/history/counter.ts';
import { CountedPast } from '../../src/history/counts.ts';
import { LiveWindows } from '../../src/history/live-windows.ts';
import { createLookBack } from '../../src/history/look-back.ts';
import type { Part } from '../../src/history/parts.ts';
import { HistoryDatabase } from '../../src/history/sqlite-database.ts';
import type { Span as StoredSpan } from '../../src/history/store.ts';
import { Ingest } from '../../src/stream/ingest.ts';
import { Multiplexer } from '../../src/stream/multiplexer.ts';
import type { Span, TrackWindow } from '../../src/stream/windows.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { createHandSource, type HandSource } from '../support/hand-source.ts';
import { eventAt, SIZES, START } from '../support/history.ts';
import { createPast, keeping, SOMEWHERE } from '../support/keeping.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { track } from '../support/tracks.ts';
import { ticks } from '../support/until.ts';

const WORDS = ['coffee', 'tea'];
/** Posts that were counted by the minute may be shown at another second of it. */
const SPREAD = 60_000;
/** The source notices within this time that it has lost its upstream. */
const NOTICED = 30_000;

interface Post {
  readonly time: number;
  readonly words: readonly string[];
  readonly isLost: boolean;
  isDeleted: boolean;
}

/** What happens, and how often that is drawn. */
const WEIGHTS = {
  watch: 12,
  leave: 6,
  listen: 6,
  unlisten: 6,
  say: 40,
  delete: 3,
  second: 15,
  wait: 15,
  stall: 4,
  setClock: 2,
  lose: 3,
  answer: 8,
  tick: 15,
} as const;
type Does = keyof typeof WEIGHTS;

interface Step {
  readonly does: Does;
  readonly word?: string;
  readonly words?: readonly string[];
  readonly span?: number;
  readonly ms?: number;
  readonly by?: number;
  readonly which?: number;
}

interface Setting {
  readonly recentEvents?: number;
  readonly lingerMs?: number;
  /** When it begins, after the beginning of a minute. */
  readonly offset?: number;
  /** Whether the store answers at once. */
  readonly isQuick?: boolean;
  /** How long both topics have been followed, each with a post every 17.3 seconds. */
  readonly followed?: number;
}

/** Lets all that happen. Returns the windows that came, how many spans were complete, and what was wrong. */
async function play(steps: readonly Step[], setting: Setting = {}) {
  const { recentEvents = 1000, lingerMs = 3_600_000, offset = 0 } = setting;
  const clock = new FakeClock(START + offset);
  const telemetry = recordTelemetry();
  const database = new HistoryDatabase(':memory:', SIZES);
  const answers: (() => void)[] = [];
  const counter = new MinuteCounter();
  const past = new CountedPast(createPast({ recentEvents }), clock, counter, (ended) =>
    database.append(counter.end(ended)),
  );
  const store = {
    async read(span: StoredSpan) {
      const stored = { ...database.read(span), running: counter.running(span.topic) };
      if (setting.isQuick !== true) await new Promise<void>((answer) => answers.push(answer));
      return stored;
    },
  };
  let source: HandSource | undefined;
  const multiplexer = new Multiplexer(
    (feedSink) =>
      new Ingest(
        {
          connect: (sink) => {
            source = createHandSource({
              ...sink,
              state(state) {
                past.live('hand', state.name === 'idle' ? 'idle' : state.name === 'live');
                sink.state(state);
              },
            });
            return source;
          },
          analyze: () => eventAt(SOMEWHERE),
          languages: 'any',
          postText: true,
          ...keeping(clock),
          past,
          lingerMs: () => lingerMs,
          telemetry,
        },
        feedSink,
      ),
    { telemetry },
  );
  const hand = source as unknown as HandSource;
  const lookBack = createLookBack({
    counts: past,
    store,
    retention: SIZES.retention,
    clock,
    maxWaiting: 100,
    rejected: () => {},
  });
  const windows = new LiveWindows({ multiplexer, lookBack, clock, maxWindows: 100, telemetry });

  const posts: Post[] = [];
  /** Times that come twice, as the clock was set back. */
  const twice: Part[] = [];
  /** Since when posts are lost, while the source has not noticed. */
  let lostSince: number | undefined;
  const windowStops: (() => void)[] = [];
  const listenerStops: (() => void)[] = [];
  const got: TrackWindow[] = [];
  let complete = 0;
  const wrong: string[] = [];

  const seconds = (time: number) => (time - START) / 1000;
  const check = (found: boolean, what: string, { from, to, counts, isComplete }: Span) => {
    if (found) return;
    const said = posts.map(({ time, isLost }) => `${seconds(time)}${isLost ? ' (lost)' : ''}`);
    const span = `[${seconds(from)}, ${seconds(to)}) at ${seconds(clock.now())}`;
    wrong.push(`${what}: ${span} has ${counts}, complete ${isComplete}; posts at ${said}`);
  };
  const checkSpan = (ofTopic: readonly Post[], span: Span) => {
    const isClear = twice.every(
      ({ from, to }) => from >= span.to + SPREAD || to < span.from - SPREAD,
    );
    const within = (more: number) =>
      ofTopic.filter(({ time }) => time >= span.from - more && time < span.to + more);
    const there = (isClear ? within(SPREAD) : ofTopic).filter(({ isLost }) => !isLost);
    check(span.counts[0] <= there.length, 'too many', span);
    if (!span.isComplete || !isClear) return;
    complete += 1;
    const isDue = ({ time, isLost }: Post) => !isLost || time < (lostSince ?? clock.now());
    const all = within(0).filter(isDue);
    const left = all.filter(({ isDeleted }) => !isDeleted);
    check(span.counts[0] >= left.length, 'too few', span);
    check(span.counts[0] <= all.length, 'more than complete', span);
  };
  const take = (word: string) => (window: TrackWindow) => {
    got.push(window);
    const ofTopic = posts.filter(({ words }) => words.includes(word));
    checkSpan(ofTopic, window);
    checkSpan(ofTopic, window.previous);
    const both = window.counts[0] + window.previous.counts[0];
    check(both <= ofTopic.filter(({ isLost }) => !isLost).length, 'some twice', window);
  };
  const say = (words: readonly string[]) => {
    const isLost = lostSince !== undefined;
    posts.push({ time: clock.now(), words, isLost, isDeleted: false });
    if (!isLost) hand.say(words.join(' '), { id: String(posts.length) });
  };
  const listen = (word: string) =>
    listenerStops.push(multiplexer.listen(track(word), { event: () => {}, end: () => {} }));
  const notice = () => {
    if (lostSince === undefined) return;
    hand.become({ name: 'waiting', reason: 'it is away', until: 0 });
    hand.become({ name: multiplexer.tracks > 0 ? 'live' : 'idle' });
    hand.sink.gap();
    lostSince = undefined;
  };
  const advance = (ms: number) => {
    if (lostSince !== undefined && clock.now() + ms > lostSince + NOTICED) notice();
    clock.advance(ms);
  };

  if (setting.followed !== undefined) for (const word of WORDS) listen(word);
  for (let time = 0; time < (setting.followed ?? 0); time += 17_300) {
    say(WORDS);
    advance(17_300);
  }
  for (const { does, word = 'coffee', words = [word], span = 60, which = 0, ...step } of steps) {
    const { ms = 0, by = 0 } = step;
    if (does === 'watch') {
      const request = { track: track(word), span, every: 1 };
      windowStops.push(windows.watch(request, { window: take(word), end: () => {} }));
    } else if (does === 'leave') windowStops.splice(which, 1)[0]?.();
    else if (does === 'listen') listen(word);
    else if (does === 'unlisten') listenerStops.splice(which, 1)[0]?.();
    else if (does === 'say') say(words);
    else if (does === 'delete') {
      const post = posts.at(-1 - which);
      if (post === undefined) continue;
      post.isDeleted = true;
      hand.sink.deleted(String(posts.length - which));
    } else if (does === 'second') advance(1000);
    else if (does === 'wait') advance(ms);
    else if (does === 'stall') {
      notice();
      clock.spend(ms);
    } else if (does === 'setClock') {
      notice();
      if (by < 0) twice.push({ from: clock.now() + by, to: clock.now() });
      clock.set(clock.now() + by);
    } else if (does === 'lose') {
      if (lostSince === undefined) lostSince = clock.now();
      else notice();
    } else if (does === 'answer') answers.shift()?.();
    else await ticks(1);
  }
  do {
    answers.shift()?.();
    await ticks(1);
  } while (answers.length > 0);
  for (let second = 0; second < 70; second++) advance(1000);
  await multiplexer.close();
  past.close();
  database.close();
  return { got, complete, wrong };
}

test('a complete window has exactly the posts of its span, and any other one none twice', async () => {
  const drawn = fc.record({
    does: fc.constantFrom(
      ...Object.entries(WEIGHTS).flatMap(([name, weight]) =>
        Array<Does>(weight).fill(name as Does),
      ),
    ),
    word: fc.constantFrom(...WORDS),
    words: fc.subarray(WORDS, { minLength: 1 }),
    span: fc.constantFrom(60, 61, 90, 300, 3600),
    which: fc.nat(5),
    ms: fc.oneof(fc.nat(2_000), fc.nat(70_000)),
    by: fc.constantFrom(-300_000, -61_000, -12_000, -3_000, -1_000, 900, 5_000, 30_000, 200_000),
  });
  const setting = fc.record(
    {
      recentEvents: fc.constantFrom(0, 1, 3, 20, 1000),
      lingerMs: fc.constantFrom(0, 20_000, 3_600_000),
      offset: fc.nat(59_999),
      isQuick: fc.boolean(),
      followed: fc.constantFrom(130_000, 200_000, 400_000, 3_700_000),
    },
    { requiredKeys: ['recentEvents', 'lingerMs', 'offset', 'isQuick'] },
  );
  let found = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(drawn, { maxLength: 120, size: 'max' }),
      setting,
      async (steps, setting) => {
        const { complete, wrong } = await play(steps, setting);
        expect(wrong).toEqual([]);
        found += complete;
      },
    ),
    { numRuns: 100 },
  );
  expect(found).toBeGreaterThan(1000);
});

/** Listens, and a post comes later in another second. */
const POST: readonly Step[] = [{ does: 'listen' }, { does: 'wait', ms: 1500 }, { does: 'say' }];
/** A post is lost, and the source notices. */
const LOST: readonly Step[] = [{ does: 'lose' }, { does: 'say' }];
const NOTICE: Step = { does: 'lose' };
const WATCH: Step = { does: 'watch' };
const MINUTE: Step = { does: 'wait', ms: 60_000 };
const ANSWER: readonly Step[] = [{ does: 'answer' }, { does: 'tick' }];

test.each<[string, readonly Step[], Setting?]>([
  ['counts a post of the second in which it begins once', [...POST, WATCH, ...ANSWER]],
  [
    'is not complete without such a post while the store has not answered',
    [...POST, WATCH, MINUTE],
  ],
  [
    'is not complete if the counts of the minute have such a post',
    [{ does: 'say' }, { does: 'watch', span: 3600 }, ...ANSWER],
    { recentEvents: 1, followed: 3_700_000, offset: 10_000 },
  ],
  [
    'is not complete in its first second if a gap came then',
    [{ does: 'listen' }, { does: 'wait', ms: 500 }, ...LOST, NOTICE, WATCH, ...ANSWER, MINUTE],
    { offset: 59_500 },
  ],
  [
    'is not complete before it began if a gap comes, from the last event on',
    [...LOST, { does: 'wait', ms: 5000 }, WATCH, NOTICE],
    { followed: 200_000 },
  ],
  [
    'is not complete by counts that were asked for before a gap came',
    [...LOST, { does: 'wait', ms: 5000 }, WATCH, NOTICE, ...ANSWER],
    { recentEvents: 1, followed: 200_000, offset: 30_000 },
  ],
])('a window %s', async (_, steps, setting) => {
  expect((await play(steps, setting)).wrong).toEqual([]);
});

test('the posts of a topic that opened a moment ago are shown at their own seconds', async () => {
  const { got } = await play([...POST, WATCH, ...ANSWER]);
  expect(got.slice(0, 2).map(({ counts }) => counts[0])).toEqual([0, 1]);
});
