// The suite that every store passes. The test of an implementation calls it with a way to open one.

import { describe, expect, onTestFinished, test } from 'vitest';
import { decodePart } from '../../src/history/batch-message.ts';
import { MINUTE, type Store } from '../../src/history/store.ts';
import {
  batch,
  countMessage,
  counts,
  ended,
  eventAt,
  minutes,
  START,
  span,
} from '../support/history.ts';

export function storeContract(name: string, openStore: () => Store): void {
  describe(`${name}, as a store`, () => {
    function open(): Store {
      const store = openStore();
      onTestFinished(() => store.close());
      return store;
    }

    test('knows nothing of what it was never given', async () => {
      expect(await open().read(span('coffee', 0, 60))).toMatchObject({ counts: [], complete: [] });
    });

    test('gives back what was counted, by minute and source', async () => {
      const store = open();
      const hashtags = [
        ['espresso', 2],
        ['rust', 1],
      ] as const;
      const row = counts('coffee', { negative: 2, neutral: 3, score: -1234, hashtags });
      store.append(batch(0, [row, counts('coffee', { source: 'other' }), counts('tea')]));
      store.append(batch(1, [counts('tea')], ['coffee']));
      store.append(batch(2, [], ['coffee', 'tea']));
      const { topic, ...known } = row;
      const stored = await store.read(span(topic, 0, 3));
      expect(stored.counts).toContainEqual({ ...known, start: START });
      expect(stored.counts.map(({ source }) => source).sort()).toEqual(['hand', 'other']);
      expect(minutes(stored.complete)).toEqual([[0, 2]]);
      expect(minutes((await store.read(span('tea', 0, 3))).complete)).toEqual([[1, 2]]);
    });

    test('tells nothing from outside the span', async () => {
      const store = open();
      for (let minute = 0; minute < 6; minute++) {
        store.append(batch(minute, [counts('coffee')], ['coffee']));
      }
      const stored = await store.read(span('coffee', 1, 3));
      expect(stored.counts.map(({ start }) => (start - START) / MINUTE)).toEqual([1, 2]);
      expect(minutes(stored.complete)).toEqual([[1, 3]]);
    });

    test('answers from the batches that came before the question, however large they are', async () => {
      const store = open();
      const rows = Array.from({ length: 3000 }, (_, i) => counts(`topic${i}`));
      store.append(
        batch(
          0,
          rows,
          rows.map(({ topic }) => topic),
        ),
      );
      const asked = store.read(span('topic2999', -1, 2));
      store.append(batch(1, [counts('topic2999')], ['topic2999']));
      const stored = await asked;
      expect(stored.counts.length).toBe(1);
      expect(minutes(stored.complete)).toEqual([[-1, 0]]);
    });

    test('sums up to ten minutes and to hours', async () => {
      const store = open();
      for (let minute = 0; minute < 75; minute++) {
        const hashtags = [[minute % 2 === 0 ? 'even' : 'odd', 1]] as const;
        store.append(batch(minute, [counts('coffee', { score: 10, hashtags })], ['coffee']));
      }
      const hours = { ...span('coffee', 0, 120), size: 'HOUR' } as const;
      const { counts: byHour } = await store.read(hours);
      expect(byHour).toMatchObject([
        {
          start: START,
          positive: 60,
          score: 600,
          hashtags: [
            ['even', 30],
            ['odd', 30],
          ],
        },
        {
          start: START + 60 * MINUTE,
          positive: 15,
          score: 150,
          hashtags: [
            ['even', 8],
            ['odd', 7],
          ],
        },
      ]);
      const { counts: byTen } = await store.read({ ...hours, size: 'TEN_MINUTES' });
      expect(byTen.map(({ positive }) => positive)).toEqual([10, 10, 10, 10, 10, 10, 10, 5]);
    });

    test('counts a batch that comes again once', async () => {
      const store = open();
      for (const minute of [0, 1, 0]) store.append(batch(minute, [counts('coffee')], ['coffee']));
      const stored = await store.read(span('coffee', -1, 2));
      expect(stored.counts.map(({ positive }) => positive)).toEqual([1, 1]);
      expect(minutes(stored.complete)).toEqual([[-1, 1]]);
    });

    test('adds up what two feeds counted in one minute, in any order', async () => {
      const store = open();
      store.append(batch(0, [counts('coffee')], ['coffee'], 1));
      store.append(batch(1, [counts('coffee')], ['coffee'], 1));
      store.append(batch(2, [counts('coffee')], [], 2));
      store.append(batch(1, [counts('coffee')], [], 2));
      store.append(batch(3, [counts('coffee')], ['coffee'], 2));
      const stored = await store.read(span('coffee', 0, 4));
      expect(stored.counts.map(({ positive }) => positive)).toEqual([1, 2, 1, 1]);
      expect(minutes(stored.complete)).toEqual([
        [0, 1],
        [2, 3],
      ]);
    });

    test('knows a minute without a batch as incomplete, and not as empty', async () => {
      const store = open();
      store.append(batch(1, [], ['coffee']));
      store.append(batch(3, [], ['coffee']));
      store.append(batch(4, [], ['tea']));
      store.append(batch(5, [], ['coffee', 'tea']));
      const { complete } = await store.read(span('coffee', 0, 10));
      expect(minutes(complete)).toEqual([
        [0, 1],
        [2, 3],
        [4, 5],
      ]);
    });

    test('keeps names of any script and length', async () => {
      const store = open();
      const topics = ['コーヒー', '"a \'quoted\' name"', '☕', 'x'.repeat(16_384)];
      store.append(
        batch(
          0,
          topics.map((topic) => counts(topic)),
          topics,
        ),
      );
      for (const topic of topics) {
        expect((await store.read(span(topic, 0, 1))).counts.length).toBe(1);
      }
    });

    const say = (more: Parameters<typeof eventAt>[1] = {}) =>
      eventAt({ epoch: 1, number: 1, time: START }, more);

    test('counts the running minute, topic by topic, and keeps it at its end', async () => {
      const store = open();
      store.follow(3, 'coffee');
      store.follow(9, 'tea');
      const hashtags = [{ tag: 'espresso', count: 2 }];
      store.count(
        countMessage([say({ hashtags }), [3, 9, 70_000]], [say({ score: -0.2 }), [3, 4]]),
      );
      const { topic, ...coffee } = counts('coffee', {
        positive: 2,
        score: 3000,
        hashtags: [['espresso', 1]],
      });
      expect(await store.read(span(topic, 0, 2))).toMatchObject({ counts: [], running: [coffee] });
      store.leave(3);
      store.follow(3, 'cocoa');
      store.count(countMessage([say(), [3]]));
      expect((await store.read(span('cocoa', 0, 2))).running).toMatchObject([{ positive: 1 }]);
      expect(await store.end(ended(0))).toEqual([]);
      expect(await store.read(span(topic, 0, 2))).toMatchObject({
        counts: [{ ...coffee, start: START }],
        running: [],
      });
      await store.end({ ...ended(1, [3, 9]), completeClosed: ['coffee'] });
      for (const each of ['coffee', 'tea', 'cocoa']) {
        expect(minutes((await store.read(span(each, 0, 2))).complete)).toEqual([[0, 1]]);
      }
    });

    test('forgets the running minute if it is told to', async () => {
      const store = open();
      store.follow(0, 'coffee');
      store.count(countMessage([say(), [0]]));
      store.forget();
      store.count(countMessage([say({ polarityIndex: 1 }), [0]]));
      const { running } = await store.read(span('coffee', 0, 1));
      expect(running).toMatchObject([{ positive: 0, negative: 1 }]);
    });

    test('hands over a minute that has ended, for other nodes', async () => {
      const store = open();
      store.follow(0, 'coffee');
      store.count(countMessage([say(), [0]]));
      const previous = batch(0).end;
      const messages = await store.end(ended(1, [0]), { previous });
      const { minute, end } = batch(1);
      expect(messages.map(decodePart)).toEqual([
        {
          minute,
          end,
          previous,
          part: 0,
          isLast: true,
          counts: [counts('coffee')],
          complete: ['coffee'],
        },
      ]);
    });

    test('works without a problem, and says how much it takes', async () => {
      const store = open();
      store.append(batch(0, [counts('coffee')], ['coffee']));
      await store.read(span('coffee', 0, 1));
      await expect.poll(() => store.state).toMatchObject({ faults: 0, bytes: expect.any(Number) });
      expect(store.state.problem).toBeUndefined();
    });

    test('answers everything that it was asked before it was closed', async () => {
      const store = open();
      store.follow(0, 'coffee');
      const ending = store.end(ended(0));
      await store.close();
      expect(await ending).toEqual([]);
    });

    test('can be closed at any time, and twice, and knows nothing afterwards', async () => {
      const store = open();
      store.append(batch(0, [counts('coffee')], ['coffee']));
      const asked = store.read(span('coffee', 0, 1));
      await store.close();
      await store.close();
      expect((await asked).counts.length).toBe(1);
      store.append(batch(1, [counts('coffee')], ['coffee']));
      expect(await store.read(span('coffee', 0, 2))).toMatchObject({ counts: [], complete: [] });
    });
  });
}
