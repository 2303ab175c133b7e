import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { clockTimes } from '../../src/web/chart-time.ts';
import { afterKey, describeCell } from '../../src/web/crosshair.ts';
import { addressOf, readTopics } from '../../src/web/page-address.ts';
import { pictureOf, rowsOf, unknownSpans } from '../../src/web/picture.ts';
import { totalOf } from '../../src/web/polarity-counts.ts';
import { RANGES, type Range, readRange } from '../../src/web/range.ts';
import type { Cell } from '../../src/web/rolling-window.ts';
import { summarize, sumUp } from '../../src/web/summary.ts';
import { cellsOf, joined, TopicPast } from '../../src/web/topic-past.ts';
import { Topic } from '../../src/web/topic-state.ts';

const START = Date.UTC(2026, 10, 20, 10);
const at = (minutes: number) => START + minutes * 60_000;

function rangeOf(name: string): Range {
  return readRange(`?range=${name}`);
}

function bucket(minute: number, positive: number, complete = true) {
  const start = new Date(at(minute)).toISOString();
  return { start, positive, negative: 2, neutral: 1, complete };
}

describe('the range in the address', () => {
  test('is given back as it was written, beside the topics', () => {
    for (const range of RANGES) {
      const { search } = new URL(addressOf(['a&b', 'tea'], range), 'http://x');
      expect(readRange(search)).toBe(range);
      expect(readTopics(search)).toEqual(['a&b', 'tea']);
    }
  });

  test('is left out if it is that of every visit', () => {
    expect(addressOf(['tea'], RANGES[0])).toBe('/?track=tea');
    expect(addressOf([], RANGES[0])).toBe('/');
    expect(addressOf([], RANGES[1])).toBe('/?range=1h');
  });

  test('is five minutes if there is none of that name', () => {
    for (const search of ['', '?range=', '?range=2h', '?range=__proto__']) {
      expect(readRange(search).name).toBe('5m');
    }
  });
});

describe('a picture of the past', () => {
  function pictured(cells: readonly Cell[], now: number) {
    const topic = new Topic('tea');
    topic.past = { cells } as unknown as NonNullable<Topic['past']>;
    return pictureOf(topic, rangeOf('1h'), now);
  }

  test('has a point for each bucket, and none where posts may be missing', () => {
    const buckets = [bucket(0, 5), bucket(1, 0, false), bucket(2, 0), bucket(3, 7)];
    const now = at(3.5);
    const { curves, unknown, partial, totals, isWhole } = pictured(cellsOf(buckets, 60, now), now);
    expect(curves[0]).toEqual([0, 1, 2, 3].map((minute) => at(minute + 0.5) / 1000));
    expect(curves[1]).toEqual([5, null, 0, null]);
    expect(unknown).toEqual([[at(1) / 1000, at(2) / 1000]]);
    // What is known of them is not hidden. The last one still runs.
    expect(partial.map(({ counts }) => counts)).toEqual([
      [0, 2, 1],
      [7, 2, 1],
    ]);
    expect(totals).toEqual([12, 8, 4]);
    expect(isWhole).toBe(false);
  });

  test('is whole if only the bucket that runs is not over', () => {
    const now = at(2.5);
    expect(
      pictured(
        cellsOf(
          [0, 1, 2].map((n) => bucket(n, 1)),
          60,
          now,
        ),
        now,
      ).isWhole,
    ).toBe(true);
  });

  test('takes newer counts in the place of older ones, and forgets what has left the range', () => {
    const old = cellsOf(
      [0, 1, 2].map((minute) => bucket(minute, 1)),
      60,
      at(2.5),
    );
    const fresh = cellsOf([bucket(2, 9), bucket(3, 4)], 60, at(3.5));
    const cells = joined(old, fresh, at(1));
    expect(cells.map(({ from, counts }) => [from * 1000, counts[0]])).toEqual([
      [at(1), 1],
      [at(2), 9],
      [at(3), 4],
    ]);
    expect(joined(cells, [], at(1))).toEqual(cells);
  });
});

test('unknown spans go from the last point that is known to the next one', () => {
  const times = [0, 1, 2, 3, 4, 5];
  const spans = (...values: (number | null)[]) => unknownSpans([times, values, [], []]);
  expect(spans(1, null, null, 1, 1, 1)).toEqual([[0, 3]]);
  expect(spans(null, 1, 1, 1, null, null)).toEqual([
    [0, 1],
    [3, 5],
  ]);
  expect(spans(0, 0, 0, 0, 0, 0)).toEqual([]);
});

test.each(RANGES.filter(({ bucket }) => bucket))(
  'the rows of $name lose no post and begin at round local times',
  (range) => {
    const seconds = range.bucket?.seconds ?? 0;
    const first = START / 1000 - range.seconds;
    const cells = Array.from({ length: range.seconds / seconds }, (_, i): Cell => {
      const from = first + i * seconds;
      return { from, to: from + seconds, counts: [i, 1, 0], isKnown: true };
    });
    const rows = rowsOf(cells, range);
    expect(totalOf(rows.flat())).toEqual(totalOf(cells));
    for (const [begin] of rows.slice(1)) {
      const shift = new Date((begin?.from ?? 0) * 1000).getTimezoneOffset() * 60;
      expect(((begin?.from ?? 0) - shift) % range.row.seconds).toBe(0);
    }
  },
);

test('the keys of a slider move the moment, and never out of the chart', () => {
  const after = (key: string, from: number) => afterKey(key, from, 5, 0, 100);
  expect([after('ArrowLeft', 50), after('ArrowRight', 50)]).toEqual([45, 55]);
  expect([after('PageDown', 20), after('PageUp', 98)]).toEqual([0, 100]);
  expect([after('Home', 50), after('End', 50)]).toEqual([0, 100]);
  expect([after('a', 50), after('toString', 50)]).toEqual([undefined, undefined]);
});

test('the counts of a moment are a sentence that says if they are not all', () => {
  const [, hour] = RANGES;
  if (!hour) throw new Error('there are no ranges');
  const say = (counts: Cell['counts'], isKnown: boolean) =>
    describeCell({ from: 0, to: 60, counts, isKnown }, 0, hour).replace(/^.*?: /, '');
  expect(say([6, 3, 3], true)).toBe('6 positive, 3 neutral, 3 negative; balance +25');
  expect(say([6, 3, 3], false)).toBe('at least 6 positive, 3 neutral, 3 negative; balance +25');
  // Few posts have no balance.
  expect(say([9, 0, 0], true)).toBe('9 positive, 0 neutral, 0 negative');
  expect(say([0, 0, 0], true)).toBe('no posts');
  expect(say([0, 0, 0], false)).toBe('not known');
});

test('the past is asked for again and again, and anew when the clock was set back', async () => {
  onTestFinished(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
  vi.useFakeTimers();
  vi.stubGlobal('document', { hidden: false });
  const asked: unknown[] = [];
  let answer: unknown = { history: { buckets: [] } };
  let now = at(600);
  const connection = {
    clock: { now: () => now },
    ask(_document: unknown, variables: { readonly from?: unknown }) {
      asked.push(variables.from);
      return Promise.resolve(answer as never);
    },
  };
  const past = new TopicPast('coffee', rangeOf('1h'), connection, () => {});
  await vi.advanceTimersByTimeAsync(0);
  now = at(300);
  await past.ask();
  await past.ask();
  const times = [at(600 - 60), at(300 - 60), at(300 - 1)].map((time) => new Date(time));
  expect(asked).toEqual(times.map((time) => time.toISOString()));
  const timesAsked = async (ms: number) => {
    const before = asked.length;
    await vi.advanceTimersByTimeAsync(ms);
    return asked.length - before;
  };
  expect(await timesAsked(15_000)).toBe(3);
  // Without an answer, it asks sooner.
  answer = undefined;
  expect(await timesAsked(9000)).toBe(3);
  past.stop();
  expect(await timesAsked(60_000)).toBe(0);
  answer = { history: { buckets: [] } };
  const day = new TopicPast('coffee', rangeOf('24h'), connection, () => {});
  expect(await timesAsked(60_000)).toBe(2);
  day.stop();
});

test('a row of the summary says that posts are few, and compares with the span before', () => {
  const span = (positive: number, negative: number) => ({
    ...{ posts: positive + negative, positive, negative, neutral: 0 },
  });
  const minute: Cell = { from: 0, to: 60, counts: [900, 90, 10], isKnown: true };
  const rest = { postsPerMinute: 4, spike: false, previous: span(10, 10) };
  const told = (window: Parameters<typeof summarize>[0], isKnown = true) =>
    summarize(window, { ...minute, isKnown });
  expect(told({ ...span(15, 5), ...rest })).toEqual(['4', '+50', '+50', '1,000']);
  expect(told({ ...span(5, 0), ...rest }, false)).toEqual(['4', 'few posts', '–', '1,000+']);
  // They came in less than a minute.
  expect(told({ ...span(2, 0), ...rest })).toEqual(['–', 'few posts', '–', '1,000']);
  const first = { postsPerMinute: null, spike: true, previous: span(1, 0) };
  expect(told({ ...span(5, 15), ...first })).toEqual(['–', '−50', '–', '1,000 ▲\u00a0spike']);
});

test('a row of a week has the hours that are known, and compares with the week before', () => {
  const hour = (n: number, counts: Cell['counts'], isKnown = true) => {
    return { from: n * 3600, to: (n + 1) * 3600, counts, isKnown };
  };
  const week = [hour(0, [0, 0, 0], false), hour(1, [90, 30, 0]), hour(2, [30, 20, 10], false)];
  expect(summarize(sumUp(week, [hour(-7, [5, 5, 0])], true))).toEqual([
    '2',
    '+39',
    '+39',
    '– ▲\u00a0spike',
  ]);
  expect(summarize(sumUp(week, [], false))).toEqual(['2', '+39', '–', '–']);
  expect(summarize(sumUp([], [], false))).toEqual(['–', '–', '–', '–']);
});

test('the labels of a chart are round times with room between them', () => {
  const right = START / 1000 + 1234;
  for (const width of [200, 390, 900]) {
    for (const back of [3600, 86_400, 7 * 86_400]) {
      const times = clockTimes({ right, back }, width);
      expect(times.length).toBeGreaterThan(0);
      expect(times.every((time) => time > right - back && time < right)).toBe(true);
      const [one = 0, two = back] = times;
      expect(((two - one) / back) * width).toBeGreaterThanOrEqual(50);
    }
  }
});
