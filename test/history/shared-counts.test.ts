import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Position } from '../../src/base/position.ts';
import { decodePart, encodePart, splitBatch } from '../../src/history/batch-message.ts';
import { SharedCounts } from '../../src/history/shared-counts.ts';
import { MINUTE, type MinuteBatch, NOTHING } from '../../src/history/store.ts';
import { RelayError } from '../../src/stream/relay.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { batch, counts, START } from '../support/history.ts';
import { until } from '../support/until.ts';

function createNode(clock = new FakeClock(START + 10 * MINUTE)) {
  const kept: MinuteBatch[] = [];
  const heard: Position[] = [];
  const written = new Map<number, MinuteBatch>();
  const shared = new SharedCounts({
    clock,
    store: {
      end: async ({ minute }, share) => {
        const ended = written.get(minute);
        if (ended === undefined || share === undefined) return [];
        return [...splitBatch(ended, share.previous)].map(encodePart);
      },
      append: (given) => kept.push(given),
      read: async () => NOTHING,
    },
    heard: (end) => heard.push(end),
  });
  /** Ends a minute whose batch is this one. */
  function write(ended: MinuteBatch) {
    written.set(ended.minute, ended);
    const { minute, end } = ended;
    shared.end({ minute, end, complete: new Uint32Array(), completeClosed: [] });
  }
  return { clock, shared, kept, heard, write };
}

/** What a node writes to the journal. */
async function written(...batches: readonly MinuteBatch[]): Promise<Uint8Array[]> {
  const messages = new Map<string, Uint8Array>();
  const { shared, write } = createNode();
  shared.shareBy(async (message, id) => void messages.set(id, message));
  let last = '';
  for (const each of batches) {
    write(each);
    last = `-${each.minute}-`;
  }
  await until(() => [...messages.keys()].some((id) => id.includes(last)), 'all is written');
  await new Promise(setImmediate);
  return [...messages.values()];
}

const topics = fc.string({ minLength: 1, maxLength: 2000 });
const rows = fc.array(
  fc.record({
    topic: topics,
    source: fc.constantFrom('x', 'bluesky'),
    positive: fc.nat(),
    negative: fc.nat(),
    neutral: fc.nat(),
    score: fc.integer(),
    hashtags: fc.array(fc.tuple(topics, fc.nat()), { maxLength: 20 }),
  }),
  { maxLength: 60 },
);

describe('a batch for other nodes', () => {
  test('is the same when all of its parts have arrived, and each part is small', () => {
    fc.assert(
      fc.property(rows, fc.array(topics, { maxLength: 60 }), (some, complete) => {
        const parts = [...splitBatch(batch(3, some, complete), undefined)];
        const read = parts.map((part) => {
          const bytes = encodePart(part);
          expect(bytes.length).toBeLessThan(256 * 1024);
          return decodePart(bytes);
        });
        expect(read.flatMap((part) => part?.counts)).toEqual(some);
        expect(read.flatMap((part) => part?.complete)).toEqual(complete);
        expect(read.map((part) => part?.isLast)).toEqual(
          parts.map((_, i) => i === parts.length - 1),
        );
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    'nonsense',
    '{}',
    JSON.stringify({ ...[...splitBatch(batch(1), undefined)][0], minute: 1 }),
    JSON.stringify({ ...[...splitBatch(batch(1), undefined)][0], counts: [{ topic: '' }] }),
    JSON.stringify({ ...[...splitBatch(batch(1), undefined)][0], end: { epoch: -1 } }),
  ])('%s is none', async (text) => {
    expect(decodePart(Buffer.from(text))).toBeUndefined();
    const { shared, kept } = createNode();
    expect(await shared.take(Buffer.from(text))).toBe(false);
    expect(kept).toEqual([]);
  });
});

describe('shared counts', () => {
  const many = Array.from({ length: 3000 }, (_, i) => counts(`topic ${i}`));

  test('arrive at another node as they were written', async () => {
    const messages = await written(batch(1, many, []), batch(2, [counts('tea')], ['tea']));
    expect(messages.length).toBeGreaterThan(3);
    const { shared, kept } = createNode();
    for (const message of messages) expect(await shared.take(message)).toBe(true);
    expect(kept).toEqual([batch(1, many, []), batch(2, [counts('tea')], ['tea'])]);
  });

  test('say nothing of the minute before if the batch of that minute is missing', async () => {
    const [first, second, third] = await Promise.all([
      written(batch(1, [], [])),
      written(batch(1), batch(2, [], ['tea'])),
      written(batch(1), batch(2), batch(3, [], ['tea'])),
    ]);
    const { shared, kept } = createNode();
    for (const message of [first[0], second[1], third.at(-1)]) {
      if (message !== undefined) await shared.take(message);
    }
    expect(kept.map(({ complete }) => complete)).toEqual([[], ['tea'], ['tea']]);
    const other = createNode();
    for (const message of [first[0], third.at(-1)]) {
      if (message !== undefined) await other.shared.take(message);
    }
    expect(other.kept.map(({ complete }) => complete)).toEqual([[], []]);
  });

  test('are not kept if a part of them is missing', async () => {
    const messages = await written(batch(1, many, []));
    messages.splice(1, 1);
    const { shared, kept } = createNode();
    for (const message of messages) await shared.take(message);
    expect(kept).toEqual([]);
  });

  test('of a minute that has not come yet are bad, since they would make the store delete all others', async () => {
    const { shared, kept } = createNode();
    const [message] = await written(batch(12));
    expect(await shared.take(message ?? new Uint8Array())).toBe(false);
    expect(kept).toEqual([]);
  });

  test('tell how far was counted, unless they are old', async () => {
    const { shared, heard } = createNode();
    for (const message of await written(batch(1), batch(9))) await shared.take(message);
    expect(heard).toEqual([batch(9).end]);
  });

  test('are written in order once the journal can be reached again', async () => {
    const { shared, clock, write } = createNode();
    const messages: string[] = [];
    let isOffline = true;
    shared.shareBy(async (_message, id) => {
      if (isOffline) throw new RelayError('cut off');
      messages.push(id);
    });
    for (const minute of [1, 2, 3]) write(batch(minute));
    await until(() => clock.pending > 0, 'it waits');
    isOffline = false;
    clock.advance(1000);
    await shared.written();
    expect(messages.length).toBe(3);
    expect(messages.map((id) => id.split('-')[1])).toEqual(['1', '2', '3']);
  });

  test('that wait for the journal are few, and the minutes of those left out are not complete', async () => {
    const { shared, clock, write } = createNode();
    const messages: Uint8Array[] = [];
    let isOffline = true;
    shared.shareBy(async (message) => {
      if (isOffline) throw new RelayError('cut off');
      messages.push(message);
    });
    for (let minute = 1; minute <= 9; minute += 1) write(batch(minute, [], ['tea']));
    await until(() => clock.pending > 0, 'it waits');
    isOffline = false;
    clock.advance(1000);
    await until(() => messages.length === 5, 'those that are left are written');
    const node = createNode();
    for (const message of messages) await node.shared.take(message);
    expect(node.kept.map(({ minute, complete }) => [(minute - START) / MINUTE, complete])).toEqual([
      [1, []],
      [6, []],
      [7, ['tea']],
      [8, ['tea']],
      [9, ['tea']],
    ]);
  });
});
