// The window of a topic says what a naive recount of all its events says.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Window } from '../../src/history/window.ts';
import type { SentimentEvent } from '../../src/sentiment/analysis.ts';

/** A whole minute, in seconds since 1970. */
const START = Date.UTC(2026, 10, 20) / 1000;
const ENOUGH = () => ({ left: 1_000_000 });

function event(polarityIndex: number, score: number, ...tags: string[]): SentimentEvent {
  const hashtags = tags.map((tag) => ({ tag, count: 3 }));
  const source = tags.length > 1 ? 'x' : 'hand';
  return { polarityIndex, score, hashtags, post: { source } } as unknown as SentimentEvent;
}

interface Said {
  readonly second: number;
  readonly event: SentimentEvent;
}

/** What a window from `from` to `to` has to say. */
function recount(said: readonly Said[], from: number, to: number) {
  const events = said
    .filter(({ second }) => second >= from && second < to)
    .map(({ event }) => event);
  const tags = new Map<string, number>();
  for (const { hashtags } of events) {
    for (const { tag } of hashtags) tags.set(tag, (tags.get(tag) ?? 0) + 1);
  }
  return {
    from: from * 1000,
    to: to * 1000,
    counts: [0, 1, 2].map((index) => events.filter((e) => e.polarityIndex === index).length),
    scoreSum: events.reduce((sum, { score }) => sum + score, 0),
    bySource: [...Map.groupBy(events, ({ post }) => post.source)]
      .map(([source, { length }]) => ({ source, posts: length }))
      .sort((a, b) => b.posts - a.posts || (a.source < b.source ? -1 : 1)),
    hashtags: [...tags]
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      .slice(0, 20)
      .map(([tag, count]) => ({ tag, count })),
  };
}

const spans = fc.oneof(
  fc.constantFrom(60, 61, 300, 3600, 86_400),
  fc.integer({ min: 60, max: 86_400 }),
);

describe('a window', () => {
  test('equals a recount, whatever the span and whenever events come', () => {
    const steps = fc.array(
      fc.record({
        /** A share of the span that passes first. */
        wait: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.3, noNaN: true })),
        late: fc.nat({ max: 2 }),
        polarity: fc.nat({ max: 2 }),
        score: fc.integer({ min: -100, max: 100 }),
        tags: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 80 },
    );
    fc.assert(
      fc.property(spans, steps, (span, all) => {
        const window = new Window(span, ENOUGH());
        const width = Math.ceil(span / 60);
        const length = Math.ceil(span / width) * width;
        const said: Said[] = [];
        let now = START;
        for (const { wait, late, polarity, score, tags } of all) {
          now += Math.round(wait * span);
          const one = event(polarity, score / 100, ...tags);
          window.add(one, now - late);
          said.push({ second: now - late, event: one });

          const { previous, ...current } = window.at(now);
          const from = Math.floor((now - span) / width) * width;
          expect(from).toBeGreaterThan(now - span - width);
          for (const [found, expected] of [
            [current, recount(said, from, now)],
            [previous, recount(said, from - length, from)],
          ] as const) {
            expect(found.scoreSum).toBeCloseTo(expected.scoreSum, 6);
            expect(found).toMatchObject({ ...expected, scoreSum: found.scoreSum });
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('is complete exactly if each of its seconds is known, and so is the span before', () => {
    const times = fc.array(fc.record({ length: fc.nat({ max: 90 }), isKnown: fc.boolean() }), {
      maxLength: 40,
    });
    const doubts = fc.array(fc.tuple(fc.nat({ max: 1500 }), fc.nat({ max: 20 })), { maxLength: 2 });
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 400 }), times, doubts, (span, all, doubted) => {
        const window = new Window(span, ENOUGH());
        const width = Math.ceil(span / 60);
        const known = new Set<number>();
        let now = START;
        for (const { length, isKnown } of all) {
          if (isKnown) window.know({ from: now, to: now + length });
          for (let second = now; isKnown && second < now + length; second++) known.add(second);
          now += length;
        }
        for (const [ago, length] of doubted) {
          const doubt = { from: now - ago, to: Math.min(now, now - ago + length) };
          window.doubt(doubt);
          for (const second of [...known]) {
            const start = Math.floor(second / width) * width;
            if (start < doubt.to && start + width > doubt.from) known.delete(second);
          }
        }
        const { previous, ...current } = window.at(now);
        for (const { from, to, isComplete, postsPerMinute } of [current, previous]) {
          const seconds = Array.from({ length: (to - from) / 1000 }, (_, i) => from / 1000 + i);
          const count = seconds.filter((second) => known.has(second)).length;
          expect(postsPerMinute).toBe(count === 0 ? undefined : 0);
          expect(isComplete).toBe(count === seconds.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('gives the rate of the known part alone', () => {
    const window = new Window(300, ENOUGH());
    for (let second = 0; second < 300; second++) window.add(event(0, 1), START + second);
    expect(window.at(START + 300).postsPerMinute).toBeUndefined();
    window.know({ from: START + 120, to: START + 300 });
    expect(window.at(START + 300).postsPerMinute).toBe(60);
  });

  test('leaves out the second that still runs', () => {
    const window = new Window(300, ENOUGH());
    window.add(event(0, 1), START + 2);
    expect(window.at(START + 2).counts).toEqual([0, 0, 0]);
    window.add(event(1, -1), START + 3);
    expect(window.at(START + 3).counts).toEqual([1, 0, 0]);
    expect(window.at(START + 4).counts).toEqual([1, 1, 0]);
  });

  test('has a spike when the last minute is far above the others', () => {
    const window = new Window(300, ENOUGH());
    for (let second = 0; second < 600; second++) {
      if (second % 20 === 0) window.add(event(0, 1), START + second);
    }
    window.know({ from: START, to: START + 600 });
    expect(window.at(START + 600).isSpike).toBe(false);
    for (let second = 600; second < 640; second++) window.add(event(0, 1), START + second);
    expect(window.at(START + 640).isSpike).toBe(true);
    window.doubt({ from: START + 300, to: START + 500 });
    expect(window.at(START + 640).isSpike).toBe(false);
  });

  test('forgets everything when it is told to', () => {
    const room = ENOUGH();
    const window = new Window(300, room);
    window.add(event(0, 1, 'a'), START);
    window.know({ from: START - 600, to: START + 5 });
    window.clear();
    expect(window.at(START + 5)).toMatchObject({
      counts: [0, 0, 0],
      hashtags: [],
      postsPerMinute: undefined,
    });
    expect(room.left).toBe(ENOUGH().left);
  });
});

describe('hashtags', () => {
  test('are bounded in each bucket, in length and in all', () => {
    const room = { left: 80 };
    const window = new Window(60, room);
    const tags = Array.from({ length: 60 }, (_, i) => `tag${i}`);
    window.add(event(0, 1, ...tags, 'x'.repeat(101)), START);
    window.at(START + 1);
    expect(room.left).toBe(30);
    window.add(event(0, 1, ...tags), START + 1);
    window.add(event(0, 1, ...tags), START + 2);
    window.at(START + 3);
    expect(room.left).toBe(0);
    // What leaves the window makes room.
    window.add(event(0, 1, ...tags), START + 1000);
    window.clear();
    expect(room.left).toBe(80);
  });
});

describe('what was counted before', () => {
  const counted = (from: number, length: number, knownTo = from + length) => ({
    from,
    to: from + length,
    counts: [10, 5, 1] as const,
    scoreSum: 3,
    bySource: [
      { source: 'bluesky', posts: 12 },
      { source: 'x', posts: 4 },
    ],
    hashtags: [{ tag: 'a', count: 7 }],
    knownTo,
  });

  test('counts in full, and is complete where its steps fit the buckets', () => {
    const window = new Window(3600, ENOUGH());
    for (let minute = 0; minute < 120; minute++)
      window.addCounted(counted(START + minute * 60, 60));
    const { previous, ...current } = window.at(START + 7200);
    for (const { counts, scoreSum, bySource, hashtags, isComplete } of [current, previous]) {
      expect(bySource).toEqual([
        { source: 'bluesky', posts: 720 },
        { source: 'x', posts: 240 },
      ]);
      expect(counts).toEqual([600, 300, 60]);
      expect(scoreSum).toBeCloseTo(180, 6);
      expect(hashtags).toEqual([{ tag: 'a', count: 420 }]);
      expect(isComplete).toBe(true);
    }
  });

  test('is spread over narrower buckets, and the window is not complete where it begins in the middle', () => {
    const window = new Window(300, ENOUGH());
    for (let minute = 0; minute < 10; minute++) window.addCounted(counted(START + minute * 60, 60));
    expect(window.at(START + 600)).toMatchObject({
      counts: [50, 25, 5],
      postsPerMinute: 16,
      isComplete: true,
      previous: { counts: [50, 25, 5], isComplete: true },
    });
    window.know({ from: START + 600, to: START + 630 });
    // Half of a minute has left.
    expect(window.at(START + 630)).toMatchObject({
      counts: [45, 22, 4],
      isComplete: false,
      previous: { isComplete: false },
    });
    window.know({ from: START + 630, to: START + 900 });
    expect(window.at(START + 899).isComplete).toBe(false);
    expect(window.at(START + 900)).toMatchObject({ isComplete: true, counts: [0, 0, 0] });
  });

  test('is not complete where it was not', () => {
    const window = new Window(3600, ENOUGH());
    for (let minute = 0; minute < 120; minute++) {
      const from = START + minute * 60;
      window.addCounted(counted(from, 60, minute === 70 ? from : from + 60));
    }
    expect(window.at(START + 7200)).toMatchObject({
      counts: [600, 300, 60],
      isComplete: false,
      postsPerMinute: 16,
      previous: { isComplete: true },
    });
  });

  test('tells what is usual', () => {
    const window = new Window(300, ENOUGH());
    for (let minute = 0; minute < 5; minute++) window.addCounted(counted(START + minute * 60, 60));
    for (let i = 0; i < 100; i++) window.add(event(0, 1), START + 300 + (i % 60));
    expect(window.at(START + 360).isSpike).toBe(true);
  });
});

test('a window has a bounded number of sources, whatever names another node sends', () => {
  const window = new Window(60, ENOUGH());
  const one = event(0, 1);
  for (let i = 0; i < 100; i++) {
    window.add({ ...one, post: { ...one.post, source: `source ${i}` } }, START);
  }
  const { bySource } = window.at(START + 1);
  expect(bySource.length).toBe(16);
  expect(bySource.reduce((sum, { posts }) => sum + posts, 0)).toBe(100);
});
