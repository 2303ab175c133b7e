// The messages between nodes: each arrives as it was sent, and anything else is rejected.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Post, publicPost } from '../../src/base/post.ts';
import {
  addHeader,
  channelOf,
  createEventReader,
  encodeEvent,
} from '../../src/cluster/event-message.ts';
import { decodeMessage, encodeMessage, type NodeMessage } from '../../src/cluster/node-message.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { alive, ingesting } from '../support/forged.ts';
import { SOMEWHERE } from '../support/keeping.ts';
import { createNodes, type Node } from '../support/nodes.ts';
import { TEXT_ALONE } from '../support/posts.ts';
import { queries, texts } from '../support/queries.ts';
import { matchesSlowly } from '../support/slow-matcher.ts';
import { track } from '../support/tracks.ts';

const analyze = createAnalyzer('full', vader);

const posts: fc.Arbitrary<Post> = fc.record({
  tags: fc.constant([]),
  links: fc.constant([]),
  attached: fc.constant([]),
  id: fc.string({ minLength: 1, maxLength: 100 }),
  source: fc.constantFrom('x', 'bluesky'),
  text: fc.oneof(texts, fc.string({ unit: 'grapheme' })),
  langs: fc.array(fc.constantFrom('en', 'de-AT')),
  createdAt: fc.option(fc.date({ noInvalidDate: true }), { nil: undefined }),
  url: fc.option(fc.webUrl(), { nil: undefined }),
});
const counts = fc.nat(2 ** 48 - 1);
const epochs = fc.nat(2 ** 40);

function tags(length: number) {
  return Array.from({ length }, (_, i) => ({ tag: `tag${i}`, count: 1 }));
}

function eventOf(post: Omit<Post, keyof typeof TEXT_ALONE>) {
  const told = publicPost({ ...TEXT_ALONE, ...post }, true);
  return { ...analyze(post.text), post: told, position: SOMEWHERE };
}

const EVENT = eventOf({
  id: '1',
  source: 'x',
  text: 'great #coffee',
  langs: ['en'],
  url: 'https://x.com/i/1',
});

describe('an event', () => {
  test('arrives as it was sent', () => {
    fc.assert(
      fc.property(posts, epochs, counts, (post, epoch, sequence) => {
        const event = eventOf(post);
        const read = createEventReader(true)(addHeader({ epoch, sequence }, encodeEvent(event)));
        expect(read).toEqual({
          header: { epoch, sequence },
          event,
        });
      }),
    );
  });

  test('arrives even if its text is of the greatest length and all hashtags', () => {
    const some = eventOf({ id: '1', source: 'x', text: '#東京 '.repeat(6250), langs: [] });
    const one = eventOf({ id: '1', source: 'x', text: `#${'東'.repeat(24_999)}`, langs: [] });
    const full = { ...one, hashtags: [...one.hashtags, ...tags(49)] };
    const escaped = (length: number) => '\u0001'.repeat(length);
    const worst = eventOf({ id: '1', source: 'x', text: escaped(3000), langs: [] });
    const stated = tags(50).map(({ tag, count }) => ({ tag: tag + escaped(630), count }));
    for (const event of [some, full, { ...worst, hashtags: stated }]) {
      const read = createEventReader(true)(
        addHeader({ epoch: 1, sequence: 1 }, encodeEvent(event)),
      );
      expect(read?.event.hashtags).toEqual(event.hashtags);
    }
  });

  test('is parsed once for all tracks that it matches', () => {
    const read = createEventReader(true);
    const first = read(addHeader({ epoch: 1, sequence: 1 }, encodeEvent(EVENT)));
    const same = read(addHeader({ epoch: 1, sequence: 7 }, encodeEvent(EVENT)));
    const other = read(addHeader({ epoch: 1, sequence: 2 }, encodeEvent({ ...EVENT, score: 0 })));
    expect(same?.event).toBe(first?.event);
    expect(other?.event).not.toBe(first?.event);
  });

  const ofTags = (hashtags: unknown) => ({ ...right, hashtags });
  const right = JSON.parse(String(encodeEvent(EVENT)));
  const wrong: readonly (readonly [string, unknown])[] = [
    ['a number', 1],
    ['null', null],
    ['a post without a text', { ...right, post: { ...right.post, text: undefined } }],
    ['a text that is too long', { ...right, post: { ...right.post, text: 'x'.repeat(3001) } }],
    ['an unknown polarity', { ...right, polarityIndex: 3 }],
    ['a polarity that is a text', { ...right, polarityIndex: 'length' }],
    ['a score out of range', { ...right, score: 2 }],
    ['a negative share', { ...right, neutral: -1 }],
    ['hashtags that are an object', { ...right, hashtags: {} }],
    ['a hashtag without a count', { ...right, hashtags: [{ tag: 'a' }] }],
    ['a count of a hashtag that no text has room for', ofTags([{ tag: 'a', count: 25_001 }])],
    ['too many hashtags', ofTags(tags(51))],
    ['a missing post', { ...right, post: undefined }],
    ['a post without an id', { ...right, post: { ...right.post, id: undefined } }],
    ['an invalid time', { ...right, post: { ...right.post, createdAt: 'x' } }],
    ['a time that throws', { ...right, post: { ...right.post, createdAt: { toString: 1 } } }],
    ['a URL that runs code', { ...right, post: { ...right.post, url: 'javascript:alert(1)' } }],
    ['an invalid URL', { ...right, post: { ...right.post, url: 'x' } }],
  ];
  test.each(wrong)('is rejected: %s', (_, value) => {
    const bytes = Buffer.from(JSON.stringify(value) ?? '');
    expect(createEventReader(true)(addHeader({ epoch: 1, sequence: 1 }, bytes))).toBeUndefined();
  });

  test('is rejected if its epoch is too large to count on from', () => {
    const header = { epoch: 2 ** 40 + 1, sequence: 1 };
    expect(createEventReader(true)(addHeader(header, encodeEvent(EVENT)))).toBeUndefined();
    expect(decodeMessage(ingesting('a', 2 ** 48))).toBeUndefined();
    expect(decodeMessage(alive('a', { listeners: 2 ** 40 }))).toBeUndefined();
  });

  test('is rejected if it is too long, or truncated anywhere', () => {
    const long = encodeEvent({
      ...EVENT,
      hashtags: [{ tag: 'a'.repeat(256 * 1024), count: 1 }],
    });
    expect(createEventReader(true)(addHeader({ epoch: 1, sequence: 1 }, long))).toBeUndefined();
    const whole = addHeader({ epoch: 1, sequence: 1 }, encodeEvent(EVENT));
    for (let length = 0; length < whole.length; length++) {
      expect(createEventReader(true)(whole.subarray(0, length))).toBeUndefined();
    }
  });
});

describe('a message between nodes', () => {
  const messages: readonly NodeMessage[] = [
    { kind: 'alive', node: 'a', generation: 3, digest: 9, listeners: 2, scoring: 'x' },
    {
      kind: 'alive',
      node: 'a',
      generation: 3,
      digest: 9,
      listeners: 2,
      scoring: 'x',
      ingest: {
        epoch: 7,
        name: 'x',
        state: { name: 'waiting', reason: 'r', until: 1 },
        usage: {
          postsToday: 1,
          allowance: 'none',
          estimatesToday: 0,
          costToday: 0.005,
          postsPerDay: 1440,
          resetsAt: 2,
          postsThisMonth: 3,
          monthlyAllowance: 4,
          monthResetsAt: 5,
        },
      },
    },
    { kind: 'update', node: 'a', dropped: ['tea'], added: ['coffee'] },
    { kind: 'snapshot', node: 'a', generation: 1, part: 0, parts: 1, tracks: ['coffee'] },
    { kind: 'ask', node: 'a', of: 'b' },
    { kind: 'rejected', node: 'a', epoch: 1, track: 'x', code: 'UPSTREAM_FULL', message: 'No.' },
    { kind: 'bye', node: 'a' },
  ];

  test.each(messages)('arrives as it was sent: %j', (message) => {
    expect(decodeMessage(encodeMessage(message))).toEqual(message);
  });

  test('is rejected if any field has the wrong type', () => {
    const others = [undefined, null, -1, 1.5, 'x'.repeat(20_000), {}, [1], true];
    for (const message of messages) {
      for (const key of Object.keys(message)) {
        for (const other of others) {
          if (key === 'ingest' && other === undefined) continue;
          const bytes = Buffer.from(JSON.stringify({ ...message, [key]: other }));
          expect([key, other, decodeMessage(bytes)]).toEqual([key, other, undefined]);
        }
      }
    }
  });

  test('is rejected if it is too long', () => {
    const message = `{"kind":"bye","node":"a"${' '.repeat(600_000)}}`;
    expect(decodeMessage(Buffer.from(message))).toBeUndefined();
  });

  test('of any bytes is decoded or rejected, and never throws', () => {
    const read = createEventReader(true);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.json(), (bytes, json) => {
        for (const message of [bytes, Buffer.from(json)]) {
          expect(() => decodeMessage(message)).not.toThrow();
          expect(() => read(message)).not.toThrow();
        }
      }),
    );
  });
});

describe('topics', () => {
  test('have distinct channels, made of characters that a subject allows', () => {
    fc.assert(
      fc.property(queries, queries, (a, b) => {
        expect(channelOf(a)).toMatch(/^[\w-]{22}$/);
        expect(channelOf(a) === channelOf(b)).toBe(a === b);
      }),
    );
  });

  test('stay apart and in order across nodes, whatever is tracked, posted and lost', async () => {
    const asked = ['cat', 'bee cat', '#cat', '"cat bee"', 'cat -bee', 'x_1, λόγος', '@bee'];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ text: texts, lost: fc.boolean() }), { maxLength: 30 }),
        async (said) => {
          const nodes = createNodes();
          const { leads, others } = await nodes.startMany(3);
          const all = [leads, ...others] as Node[];
          const heard = asked.map((query, i) => ({
            query,
            isHere: all[i % 3] === leads,
            ...(all[i % 3] as Node).listen(query),
          }));
          await nodes.until(() => leads.source?.wanted.at(-1)?.length === asked.length);
          for (const { text, lost } of said) {
            leads.relay.swallow = lost;
            await nodes.say(text, leads);
          }
          for (const { query, told, isHere } of heard) {
            const expected: string[] = [];
            let gap = false;
            let any = false;
            for (const [i, { text, lost }] of said.entries()) {
              if (!matchesSlowly(track(query), text)) continue;
              if (lost && !isHere) {
                // A listener without any event so far cannot miss one.
                gap = any;
                continue;
              }
              if (gap) expected.push('gap');
              expected.push(`p${i}`);
              gap = false;
              any = true;
            }
            expect(told).toEqual(expected);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
