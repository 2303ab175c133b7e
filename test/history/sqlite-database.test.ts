import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type DatabaseOptions, HistoryDatabase } from '../../src/history/sqlite-database.ts';
import { MINUTE, type MinuteBatch, type TopicCounts } from '../../src/history/store.ts';
import { BUCKETS, type BucketSize } from '../../src/stream/history.ts';
import { batch, counts, minutes, SIZES, START, span } from '../support/history.ts';

const HOUR = 60;
const DAY = 24 * HOUR;

function open(options: DatabaseOptions = SIZES, path = ':memory:'): HistoryDatabase {
  const database = new HistoryDatabase(path, options);
  onTestFinished(() => database.close());
  return database;
}

function whole(
  minute: number,
  rows: readonly TopicCounts[],
  complete: readonly string[] = [],
): MinuteBatch {
  return { ...batch(minute), counts: rows, complete };
}

/** From before the first minute until after the last, in buckets of `size`. */
function all(size: BucketSize, days: number) {
  return { topic: 'coffee', size, from: START - 3 * DAY * MINUTE, to: START + days * DAY * MINUTE };
}

describe('rolling up', () => {
  test('gives the sums of a naive model, at every size', () => {
    const row = fc.record({
      topic: fc.constantFrom('coffee', 'tea'),
      source: fc.constantFrom('x', 'bluesky'),
      positive: fc.nat(5),
      negative: fc.nat(5),
      neutral: fc.nat(5),
      score: fc.integer({ min: -50_000, max: 50_000 }),
      hashtags: fc
        .uniqueArray(fc.constantFrom('a', 'b', 'c'))
        .map((tags) => tags.map((tag) => [tag, 1] as const)),
    });
    const minutesOfDay = fc.uniqueArray(
      fc.tuple(
        fc.nat(2 * DAY),
        fc.uniqueArray(row, { selector: ({ topic, source }) => `${topic} ${source}` }),
      ),
      { selector: ([minute]) => minute, maxLength: 30 },
    );
    const retention = {
      MINUTE: 3 * DAY * MINUTE,
      TEN_MINUTES: 4 * DAY * MINUTE,
      HOUR: 5 * DAY * MINUTE,
    };
    fc.assert(
      fc.property(minutesOfDay, (given) => {
        const database = new HistoryDatabase(':memory:', { ...SIZES, retention });
        for (const [minute, rows] of given) database.append(whole(minute, rows));
        for (const size of Object.keys(BUCKETS) as BucketSize[]) {
          const expected = new Map<string, number[]>();
          for (const [minute, rows] of given) {
            for (const { topic, source, positive, negative, neutral, score, hashtags } of rows) {
              if (topic !== 'coffee') continue;
              const start = Math.floor((START + minute * MINUTE) / BUCKETS[size]) * BUCKETS[size];
              const sums = expected.get(`${start} ${source}`) ?? [0, 0, 0, 0, 0, 0, 0];
              const tags = ['a', 'b', 'c'].map((tag) =>
                hashtags.some(([t]) => t === tag) ? 1 : 0,
              );
              const add = [positive, negative, neutral, score, ...tags];
              expected.set(
                `${start} ${source}`,
                sums.map((sum, i) => sum + (add[i] ?? 0)),
              );
            }
          }
          const stored = database.read(all(size, 3)).counts.map((row) => {
            const posts = new Map(row.hashtags);
            const tags = ['a', 'b', 'c'].map((tag) => posts.get(tag) ?? 0);
            const sums = [row.positive, row.negative, row.neutral, row.score, ...tags];
            return [`${row.start} ${row.source}`, sums] as const;
          });
          expect(new Map(stored)).toEqual(expected);
          expect(stored.length).toBe(expected.size);
        }
        database.close();
      }),
      { numRuns: 100 },
    );
  });

  test('keeps the most frequent hashtags of a bucket', () => {
    const database = open();
    for (let minute = 0; minute < 10; minute++) {
      const rare = Array.from({ length: 20 }, (_, i) => [`rare${minute}-${i}`, 1] as const);
      database.append(whole(minute, [counts('coffee', { hashtags: [['often', 2], ...rare] })]));
    }
    const [hour] = database.read(all('HOUR', 1)).counts;
    expect(hour?.hashtags.length).toBe(50);
    expect(hour?.hashtags[0]).toEqual(['often', 20]);
  });
});

describe('deleting', () => {
  const retention = { MINUTE: HOUR * MINUTE, TEN_MINUTES: 3 * HOUR * MINUTE, HOUR: DAY * MINUTE };

  test('keeps each size for its time, and says since when', () => {
    const database = open({ ...SIZES, retention });
    for (let minute = 0; minute <= 2 * DAY; minute++) {
      database.append(whole(minute, [counts('coffee')], ['coffee']));
    }
    const end = START + 2 * DAY * MINUTE;
    for (const size of Object.keys(BUCKETS) as BucketSize[]) {
      const { counts: kept, complete, retainedFrom } = database.read(all(size, 3));
      expect(retainedFrom).toBe(end - retention[size]);
      expect(kept[0]?.start).toBe(retainedFrom);
      expect(complete).toEqual([[retainedFrom, end]]);
    }
  });

  test('takes its time after a long absence, and tells nothing false meanwhile', () => {
    const database = open({ ...SIZES, retention });
    for (let minute = 0; minute < 2 * HOUR; minute++) {
      database.append(whole(minute, [counts('coffee')], ['coffee']));
    }
    const firsts: number[] = [];
    for (let minute = 10 * DAY; minute < 10 * DAY + 4; minute++) {
      database.append(whole(minute, [counts('coffee')]));
      const { counts: kept, complete, retainedFrom } = database.read(all('MINUTE', 11));
      expect(kept[0]?.start).toBeGreaterThanOrEqual(retainedFrom);
      for (const [from] of complete) expect(from).toBeGreaterThanOrEqual(retainedFrom);
      firsts.push(((kept[0]?.start ?? 0) - START) / MINUTE);
    }
    expect(firsts.at(-1)).toBe(10 * DAY);
    expect(firsts[0]).toBeLessThan(2 * HOUR);
  });

  test('forgets topics that have no counts left', () => {
    const short = { MINUTE: 10 * MINUTE, TEN_MINUTES: HOUR * MINUTE, HOUR: 4 * HOUR * MINUTE };
    const database = open({ ...SIZES, retention: short });
    const takes: number[] = [];
    for (let minute = 0; minute < 16 * HOUR; minute++) {
      // Each minute has topics with long names that never come again.
      const names = Array.from({ length: 3 }, (_, i) => `${minute}-${i}-${'x'.repeat(1000)}`);
      database.append(
        whole(
          minute,
          names.map((name) => counts(name)),
          names,
        ),
      );
      if (minute % (8 * HOUR) === 8 * HOUR - 1) takes.push(database.bytes);
    }
    expect(takes[1]).toBeLessThan(1.1 * (takes[0] ?? 0));
  });

  test('stays within its bytes, and gives up each size in proportion', () => {
    const maxBytes = 512 * 1024;
    const database = open({ retention: SIZES.retention, maxBytes });
    const names = Array.from({ length: 30 }, (_, i) => `topic${i}`);
    const rows = [...names.map((name) => counts(name)), counts('coffee')];
    for (let minute = 0; minute < DAY; minute++) {
      database.append(whole(minute, rows, ['coffee', ...names]));
      expect(database.bytes).toBeLessThanOrEqual(maxBytes);
    }
    const { counts: kept, complete, retainedFrom } = database.read(all('MINUTE', 2));
    expect(kept.at(-1)?.start).toBe(START + (DAY - 1) * MINUTE);
    expect(kept[0]?.start).toBe(retainedFrom);
    expect(retainedFrom).toBeGreaterThan(START);
    expect(minutes(complete)).toEqual([[(retainedFrom - START) / MINUTE, DAY - 1]]);
    // A day is little of the time for which longer buckets are kept.
    expect(database.read(all('HOUR', 2)).counts.length).toBe(24);
  });

  test('fails for a batch that has no room at all, and goes on with the next', () => {
    const database = open({ retention: SIZES.retention, maxBytes: 256 * 1024 });
    database.append(whole(0, [counts('coffee')]));
    const rows = Array.from({ length: 10_000 }, (_, i) => counts(`topic${i}`));
    expect(() => database.append(whole(1, rows, ['coffee']))).toThrow('full');
    database.append(whole(2, [counts('coffee')], ['coffee']));
    expect(database.read(span('topic1', 0, 3)).counts).toEqual([]);
    expect(minutes(database.read(span('coffee', 0, 3)).complete)).toEqual([[1, 2]]);
  });
});
