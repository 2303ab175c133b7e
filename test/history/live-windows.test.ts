// Windows that clients watch: when they come, what they know of the past, and what they share.

import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { UserError } from '../../src/base/user-error.ts';
import { LiveWindows } from '../../src/history/live-windows.ts';
import { Window } from '../../src/history/window.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { mergeSources } from '../../src/source/merged.ts';
import type { SourceSink } from '../../src/source/source.ts';
import { BUCKETS, type LookBack } from '../../src/stream/history.ts';
import { Ingest } from '../../src/stream/ingest.ts';
import { Multiplexer } from '../../src/stream/multiplexer.ts';
import type { TrackWindow } from '../../src/stream/windows.ts';
import { atSources } from '../../src/track/track.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { createHandSource, type HandSource } from '../support/hand-source.ts';
import { createPast, keeping, SOMEWHERE } from '../support/keeping.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { track } from '../support/tracks.ts';
import { ticks } from '../support/until.ts';

/** At the beginning of a minute. */
const START = Date.parse('2026-11-20T10:00:00Z');
const LINGER = 3_600_000;
/** Nothing was counted. */
const NOTHING: LookBack = {
  history: async () => ({ buckets: [], retainedFrom: START, end: SOMEWHERE }),
};

function start({
  lingerMs = LINGER,
  maxWindows = 100,
  maxTracks = 100,
  recentEvents = 1000,
  lookBack = NOTHING,
} = {}) {
  let source: HandSource | undefined;
  let other: HandSource | undefined;
  let sink: SourceSink | undefined;
  const clock = new FakeClock(START);
  const telemetry = recordTelemetry();
  const multiplexer = new Multiplexer(
    (feedSink) =>
      new Ingest(
        {
          connect: (given) => {
            sink = given;
            return mergeSources(
              [
                (part) => {
                  source = createHandSource(part);
                  return source;
                },
                (part) => {
                  other = createHandSource(part, 'other');
                  return other;
                },
              ],
              sink,
              { clock, warn: () => {} },
            );
          },
          analyze: createAnalyzer('full', vader),
          languages: 'any',
          postText: true,
          ...keeping(clock),
          past: createPast({ recentEvents }),
          lingerMs: () => lingerMs,
          telemetry,
        },
        feedSink,
      ),
    { maxTracks, telemetry },
  );
  if (!source || !other) throw new Error('no source was connected');
  const windows = new LiveWindows({ multiplexer, lookBack, clock, maxWindows, telemetry });
  return { clock, multiplexer, sink, source, other, windows, telemetry };
}

type Started = ReturnType<typeof start>;

/** Watches, and keeps what comes. */
async function watch(
  { windows }: Started,
  { query = 'coffee', at = '', span = 60, every = 5 } = {},
) {
  const got: TrackWindow[] = [];
  const ends: (UserError | undefined)[] = [];
  const stop = windows.watch(
    { track: at === '' ? track(query) : atSources(track(query), [at]), span, every },
    { window: (window) => got.push(window), end: (error) => ends.push(error) },
  );
  await ticks(1);
  return { got, ends, stop };
}

const endsOf = (got: readonly TrackWindow[]) => got.map(({ to }) => (to - START) / 1000);
const countsOf = (got: readonly TrackWindow[]) => got.map(({ counts }) => counts.join());

describe('a window comes', () => {
  test('at once, and then at whole multiples of `every`, exactly', async () => {
    const started = start();
    started.clock.advance(12_345);
    const five = await watch(started);
    const seven = await watch(started, { every: 7, query: 'tea' });
    started.clock.advance(20_000);
    expect(endsOf(five.got)).toEqual([12, 15, 20, 25, 30]);
    expect(
      endsOf(seven.got)
        .slice(1)
        .map((end) => (end + START / 1000) % 7),
    ).toEqual([0, 0, 0]);
  });

  test('after a late tick as well, once, up to the running second', async () => {
    const started = start();
    const { got } = await watch(started);
    started.clock.spend(13_700);
    started.clock.advance(0);
    started.clock.advance(2000);
    expect(endsOf(got)).toEqual([0, 13, 15]);
  });

  test('once the clock, which was set back, has caught up, or from its new time on', async () => {
    const started = start();
    const { got } = await watch(started);
    started.source.say('coffee');
    started.clock.advance(10_000);
    started.clock.set(START + 7_000);
    started.clock.advance(8_000);
    expect(endsOf(got)).toEqual([0, 5, 10, 15]);
    started.clock.set(START - 3_600_000);
    started.clock.advance(2_000);
    started.source.say('coffee');
    started.clock.advance(3_000);
    expect(endsOf(got).at(-1)).toBe(-3595);
    expect(countsOf(got).slice(-2)).toEqual(['0,0,1', '0,0,1']);
  });

  test('until its listener leaves, and the last one closes the topic', async () => {
    const started = start({ lingerMs: 0 });
    const one = await watch(started);
    const other = await watch(started);
    one.stop();
    one.stop();
    started.clock.advance(5_000);
    expect([one.got.length, other.got.length]).toEqual([1, 2]);
    expect(started.multiplexer.tracks).toBe(1);
    other.stop();
    expect([started.multiplexer.tracks, started.windows.size]).toEqual([0, 0]);
    expect(started.source.wanted.at(-1)).toEqual([]);
    expect(started.clock.pending).toBe(0);
    // A window that is over must not close one of the same name that has come after it.
    const again = await watch(started);
    one.stop();
    other.stop();
    started.clock.advance(5_000);
    expect(again.got.length).toBe(2);
  });

  test('no more once the track has ended, and the listener hears why', async () => {
    const started = start();
    const { ends } = await watch(started);
    const other = await watch(started, { every: 60 });
    const full = new UserError('UPSTREAM_FULL', 'No room.');
    started.sink?.rejected(track('coffee'), full);
    expect([ends, other.ends]).toEqual([[full], [full]]);
    expect(started.windows.size).toBe(0);

    const last = await watch(started);
    await started.multiplexer.close();
    expect(last.ends).toEqual([undefined]);
    const late = await watch(started);
    expect([late.got.length, late.ends]).toEqual([0, [undefined]]);
    expect([started.windows.size, started.clock.pending]).toEqual([0, 0]);
  });
});

describe('what is shared', () => {
  test('one computation serves all listeners of a track and span, whatever their rhythm', async () => {
    const at = vi.spyOn(Window.prototype, 'at');
    const started = start();
    const listeners = await Promise.all(
      Array.from({ length: 300 }, (_, i) =>
        watch(started, { query: i % 2 ? 'coffee' : 'COFFEE', every: [1, 2, 5][i % 3] ?? 1 }),
      ),
    );
    expect(at).toHaveBeenCalledTimes(1);
    started.clock.advance(10_000);
    expect(at).toHaveBeenCalledTimes(11);
    const last = listeners.map(({ got }) => got.at(-1));
    expect(new Set(last).size).toBe(1);
    expect(started.windows.size).toBe(1);
    at.mockRestore();
  });

  test('other spans and tracks have windows of their own, in bounded number', async () => {
    const started = start({ maxWindows: 3 });
    await watch(started);
    await watch(started, { span: 300 });
    await watch(started, { query: 'tea' });
    await watch(started, { query: 'tea', every: 60 });
    expect(started.windows.size).toBe(3);
    const { got, ends } = await watch(started, { query: 'milk' });
    expect(got).toEqual([]);
    expect(ends[0]?.code).toBe('LIMIT_REACHED');
    expect(started.telemetry.rejections).toEqual(['tracks']);
  });

  test('a window counts as a listener of its track, for the limit of tracks as well', async () => {
    const started = start({ maxTracks: 1 });
    await watch(started);
    const { ends } = await watch(started, { query: 'tea' });
    expect(ends[0]?.code).toBe('LIMIT_REACHED');
    expect([started.multiplexer.tracks, started.windows.size]).toEqual([1, 1]);
  });

  test('many windows leave in several ticks, so that events pass in between', async () => {
    const started = start({ maxTracks: 1000, maxWindows: 1000 });
    const all = await Promise.all(
      Array.from({ length: 100 }, (_, i) => watch(started, { query: `word${i}` })),
    );
    const due = () => all.filter(({ got }) => got.length === 2).length;
    let dueInBetween = 0;
    started.clock.spend(5_000);
    started.clock.after(0, () => {
      dueInBetween = due();
    });
    started.clock.advance(0);
    expect([dueInBetween, due()]).toEqual([20, 100]);
  });
});

test('a server that cannot keep up skips windows, and never piles them up', async () => {
  const started = start({ maxTracks: 1000, maxWindows: 1000 });
  const all = await Promise.all(
    Array.from({ length: 50 }, (_, i) => watch(started, { query: `word${i}`, every: 1 })),
  );
  started.clock.spend(1_000);
  // The first 20 windows take a whole second, so the next is there before all are sent.
  started.clock.after(0, () => started.clock.spend(1_000));
  started.clock.advance(0);
  started.clock.advance(0);
  const ends = all.map(({ got }) => endsOf(got).join());
  expect(ends.slice(0, 40)).toEqual(Array(40).fill('0,1,2'));
  expect(ends.slice(40)).toEqual(Array(10).fill('0,2'));
});

describe('what a window knows', () => {
  test('is complete once the span is covered, and the span before it later', async () => {
    const started = start();
    const { got } = await watch(started, { every: 1 });
    started.clock.advance(500);
    started.source.say('coffee is great #espresso');
    started.clock.advance(125_000);
    const complete = got.filter(({ isComplete }) => isComplete);
    // The source was found live at the first whole second.
    expect(endsOf(complete)[0]).toBe(61);
    expect(endsOf(got.filter(({ previous }) => previous.isComplete))[0]).toBe(121);
    expect(got[1]).toMatchObject({ counts: [1, 0, 0], hashtags: [{ tag: 'espresso', count: 1 }] });
    expect(got[62]?.counts).toEqual([0, 0, 0]);
    expect(got[62]?.previous.counts).toEqual([1, 0, 0]);
  });

  test('begins with the events that are kept of a track that lingered', async () => {
    const started = start();
    const first = await watch(started);
    started.clock.advance(1_000);
    for (let second = 0; second < 150; second++) {
      started.source.say('coffee');
      if (second === 20) first.stop();
      started.clock.advance(1_000);
    }
    const { got } = await watch(started);
    expect(got).toHaveLength(1);
    expect(got[0]).toMatchObject({ counts: [0, 0, 60], isComplete: true, postsPerMinute: 60 });
    expect(got[0]?.previous).toMatchObject({ counts: [0, 0, 60], isComplete: true });
    started.source.say('coffee');
    started.clock.advance(1_500);
    expect((await watch(started, { every: 60 })).got[0]).toMatchObject({
      counts: [0, 0, 60],
      isComplete: true,
    });
  });

  test('has an event once that comes while the kept ones are on their way from another node', async () => {
    const started = start();
    const { multiplexer, clock, source, telemetry } = started;
    let arrive = () => {};
    const windows = new LiveWindows({
      multiplexer: {
        source: multiplexer.source,
        listen: (...of) => multiplexer.listen(...of),
        read: (...of) => {
          arrive = () => multiplexer.read(...of);
        },
      },
      lookBack: NOTHING,
      clock,
      maxWindows: 1,
      telemetry,
    });
    const { got } = await watch({ ...started, windows });
    source.say('coffee');
    arrive();
    await ticks(1);
    source.say('coffee');
    clock.advance(5_000);
    expect(countsOf(got)).toEqual(['0,0,0', '0,0,2']);
  });

  test('is not complete beyond the events that are kept', async () => {
    const started = start();
    const first = await watch(started, { query: 'coffee', span: 300 });
    started.clock.advance(1_000);
    // 1,000 events are kept of a track.
    for (let second = 0; second < 120; second++) {
      for (let i = 0; i < 10; i++) started.source.say('coffee');
      started.clock.advance(1_000);
    }
    first.stop();
    expect((await watch(started)).got[0]).toMatchObject({
      counts: [0, 0, 600],
      isComplete: true,
      previous: { counts: [0, 0, 400], isComplete: false, postsPerMinute: 600 },
    });
  });

  test('is not complete after a gap, from the last event before it on', async () => {
    const started = start();
    const { got } = await watch(started, { every: 1 });
    started.clock.advance(130_000);
    started.source.say('coffee');
    started.clock.advance(10_000);
    expect(got.at(-1)?.isComplete).toBe(true);
    started.source.sink.gap();
    started.clock.advance(1_000);
    expect(got.at(-1)).toMatchObject({ isComplete: false, previous: { isComplete: true } });
    // The last event came in second 130, and the gap in second 140.
    started.clock.advance(60_000);
    expect(endsOf(got.filter(({ isComplete }) => !isComplete)).at(-1)).toBe(200);
    expect(got.at(-1)).toMatchObject({ isComplete: true, previous: { isComplete: false } });
  });

  test('is not complete after an outage of the source, or a gap while nobody watched', async () => {
    const started = start();
    const { got, stop } = await watch(started, { every: 1 });
    started.clock.advance(130_000);
    started.source.become({ name: 'waiting', reason: 'it is away', until: 0 });
    started.clock.advance(5_500);
    started.source.become({ name: 'live' });
    started.clock.advance(60_500);
    const missing = endsOf(got.filter(({ to, isComplete }) => to > START + 61_000 && !isComplete));
    expect([missing[0], missing.at(-1)]).toEqual([131, 195]);

    stop();
    started.source.say('coffee');
    started.clock.advance(10_000);
    started.source.sink.gap();
    started.clock.advance(5_000);
    started.source.say('coffee');
    started.clock.advance(200_000);
    expect((await watch(started, { span: 120 })).got[0]).toMatchObject({ isComplete: true });
    expect((await watch(started, { span: 300 })).got[0]).toMatchObject({
      counts: [0, 0, 2],
      isComplete: false,
    });
  });

  test('is complete as far as the sources of the track are live, whichever others are out', async () => {
    const started = start();
    const all = await watch(started, { every: 1 });
    const one = await watch(started, { every: 1, at: 'hand' });
    started.clock.advance(100_000);
    started.other.become({ name: 'paused', reason: 'it has cost enough' });
    started.source.say('coffee');
    started.other.say('coffee');
    started.clock.advance(100_000);
    const { got: withAll } = all;
    expect(endsOf(withAll.filter(({ isComplete }) => isComplete)).at(-1)).toBe(100);
    expect(endsOf(one.got.filter(({ isComplete }) => isComplete)).at(-1)).toBe(200);
    const bySource = (got: typeof withAll) => got[101]?.bySource;
    expect(bySource(withAll)).toEqual([
      { source: 'hand', posts: 1 },
      { source: 'other', posts: 1 },
    ]);
    expect(bySource(one.got)).toEqual([{ source: 'hand', posts: 1 }]);
  });

  test('is not complete half a minute before a gap, though another source had events', async () => {
    const started = start();
    const { got } = await watch(started, { every: 1 });
    started.clock.advance(139_000);
    started.other.say('coffee');
    started.clock.advance(1_000);
    started.source.sink.gap();
    started.clock.advance(60_000);
    const known = endsOf(got.filter(({ previous }) => previous.isComplete));
    expect([known[0], known.at(-1)]).toEqual([121, 170]);
    started.other.say('coffee');
    started.clock.advance(15_000);
    const [later] = (await watch(started, { span: 90 })).got;
    expect(later?.previous).toMatchObject({ to: START + 124_000, isComplete: false });
  });

  test('does not begin before the source is live', async () => {
    const started = start();
    started.source.become({ name: 'connecting' });
    const { got } = await watch(started, { every: 1 });
    started.source.become({ name: 'connecting' });
    started.clock.advance(30_000);
    expect(got.at(-1)?.postsPerMinute).toBeUndefined();
    started.source.become({ name: 'live' });
    started.clock.advance(61_000);
    expect(endsOf(got.filter(({ isComplete }) => isComplete))).toEqual([91]);
  });
});

/** Answers from all events, as if every minute had been recorded. */
function lookBackAt(said: readonly number[], clock: () => number): LookBack {
  return {
    async history(_track, from, to, size) {
      const now = clock();
      const length = BUCKETS[size];
      const first = Math.floor(from / length) * length;
      const buckets = [];
      for (let start = first; start < Math.min(to ?? now, now); start += length) {
        const end = Math.min(start + length, to ?? Number.POSITIVE_INFINITY);
        const neutral = said.filter((time) => time >= start && time < end).length;
        const posts = { positive: 0, negative: 0, neutral, meanScore: neutral === 0 ? null : 0 };
        const hashtags = neutral === 0 ? [] : [{ tag: 'bean', count: neutral }];
        buckets.push({ start, ...posts, hashtags, bySource: [], isComplete: true });
      }
      return { buckets, retainedFrom: 0, end: SOMEWHERE };
    },
  };
}

describe('what is older than the kept events', () => {
  test('comes from the counts by the minute, each post once, whenever the window begins', async () => {
    const seconds = fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 3 }), fc.nat({ max: 40 })), {
      minLength: 1,
      maxLength: 300,
    });
    let exact = 0;
    await fc.assert(
      fc.asyncProperty(
        seconds,
        fc.constantFrom(0, 10, 100, 1000),
        fc.constantFrom(60, 300, 3600, 86_400),
        fc.integer({ min: 0, max: 999 }),
        async (posts, recentEvents, span, offset) => {
          const said: number[] = [];
          const lookBack = lookBackAt(said, () => started.clock.now());
          const started: Started = start({ recentEvents, lookBack });
          started.clock.advance(offset);
          await watch(started);
          const say = (count: number) => {
            for (let i = 0; i < count; i++) {
              started.source.say('coffee #bean');
              said.push(started.clock.now());
            }
          };
          for (const count of posts) {
            say(count);
            started.clock.advance(1_000);
          }
          const { got } = await watch(started, { span, every: 1 });
          say(posts.at(-1) ?? 0);
          started.clock.advance(1_000);
          say(1);
          started.clock.advance(2_000);
          expect(got.length).toBe(4);
          for (const { from, to, counts, hashtags, isComplete } of got) {
            const within = said.filter((time) => time >= from && time < to).length;
            if (isComplete || span >= 3600) expect(counts).toEqual([0, 0, within]);
            if (isComplete) exact += 1;
            // At most the minute that the window begins in is spread, and at first the running one.
            const isFirst = to === got[0]?.to;
            const isCut = (time: number) =>
              Math.abs(time - from) < 60_000 || (isFirst && to - time <= 60_000);
            const cut = said.filter(isCut).length;
            expect(Math.abs(counts[2] - within)).toBeLessThanOrEqual(cut);
            expect(hashtags[0]?.count ?? 0).toBe(counts[2]);
          }
        },
      ),
      { numRuns: 100 },
    );
    expect(exact).toBeGreaterThan(100);
  });

  test('does not hold the first window up', async () => {
    const answer = Promise.withResolvers<never>();
    const started = start({ lookBack: { history: () => answer.promise } });
    const { got } = await watch(started);
    expect(got).toEqual([]);
    started.clock.advance(1_000);
    expect(endsOf(got)).toEqual([1]);
    const often = await watch(started, { query: 'tea', every: 1 });
    started.clock.advance(2_000);
    expect(endsOf(often.got)).toEqual([2, 3]);
  });

  test('is left out when too many questions wait', async () => {
    const full = new UserError('LIMIT_REACHED', 'Too many wait.');
    const started = start({ recentEvents: 10, lookBack: { history: async () => full } });
    await watch(started);
    started.clock.advance(30_000);
    for (let i = 0; i < 20; i++) started.source.say('coffee');
    started.clock.advance(1_000);
    expect((await watch(started, { span: 300 })).got[0]).toMatchObject({
      counts: [0, 0, 10],
      isComplete: false,
    });
  });
});
