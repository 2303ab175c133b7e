// Questions and answers between nodes: each arrives as it was sent, and anything else is rejected.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Position } from '../../src/base/position.ts';
import {
  type Answer,
  decodeAnswer,
  decodeQuestion,
  encodeAnswer,
  encodeQuestion,
  MAX_ANSWER_BYTES,
  type Question,
  readAnswerHeader,
  recallChannels,
} from '../../src/cluster/recall-message.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import type { PastEntry } from '../../src/stream/recorder.ts';

const analyze = createAnalyzer('full', vader);
const HEADER = { epoch: 3, id: 7 };
const HEADER_BYTES = 12;

function at(number: number): Position {
  return { epoch: 5, number, time: 1000 + number };
}

function event(number: number, text = 'good coffee'): PastEntry {
  const post = { id: String(number), source: 'x', text, langs: ['en'] };
  return { position: at(number), event: { ...analyze(text), post, position: at(number) } };
}

const ANSWER: Answer = {
  sequence: 9,
  stretch: {
    since: at(1),
    until: at(9),
    entries: [event(2), { position: at(4), event: undefined }, event(5), event(9)],
    isAll: true,
  },
};
const QUESTION: Question = { node: 'a', epoch: 3, id: 7, track: 'coffee', after: at(1), last: 3 };

describe('a question', () => {
  test('arrives as it was sent', () => {
    for (const question of [QUESTION, { ...QUESTION, last: undefined, until: at(5) }]) {
      expect(decodeQuestion(encodeQuestion(question))).toEqual(
        JSON.parse(JSON.stringify(question)),
      );
    }
  });

  test.each([
    ['no node', { ...QUESTION, node: undefined }],
    ['a node with a wildcard', { ...QUESTION, node: 'a.>' }],
    ['no track', { ...QUESTION, track: '' }],
    ['a track that is too long', { ...QUESTION, track: 'x'.repeat(20_000) }],
    ['an epoch that is too large', { ...QUESTION, epoch: 2 ** 48 }],
    ['a place that is no place', { ...QUESTION, after: { ...at(1), number: 2 ** 48 } }],
    ['a text as a place', { ...QUESTION, until: 'now' }],
    ['a negative count', { ...QUESTION, last: -1 }],
    ['nothing', null],
  ])('is rejected if it has %s', (_, value) => {
    expect(decodeQuestion(Buffer.from(JSON.stringify(value)))).toBeUndefined();
  });
});

describe('an answer', () => {
  test('arrives as it was sent', () => {
    const message = encodeAnswer(HEADER, ANSWER);
    expect(readAnswerHeader(message)).toEqual(HEADER);
    expect(decodeAnswer(message, true)).toEqual(ANSWER);
  });

  test('has no text for a node that must not tell it', () => {
    const [first] = decodeAnswer(encodeAnswer(HEADER, ANSWER), false)?.stretch.entries ?? [];
    expect(first?.event?.post.text).toBeNull();
  });

  test('leaves out the oldest entries if it gets too long, and says so', () => {
    const entries = Array.from({ length: 200 }, (_, i) => event(i + 2, 'x'.repeat(2000)));
    const stretch = { since: at(1), until: at(999), entries, isAll: true };
    const message = encodeAnswer(HEADER, { sequence: 1, stretch });
    const told = decodeAnswer(message, true)?.stretch;
    const left = told?.entries.length ?? 0;
    expect(message.length).toBeLessThan(MAX_ANSWER_BYTES + 4000);
    expect(left).toBeGreaterThan(50);
    expect(told).toEqual({
      since: at(201 - left),
      until: at(999),
      entries: entries.slice(-left),
      isAll: false,
    });
  });

  const right = JSON.parse(
    String(Buffer.from(encodeAnswer(HEADER, ANSWER)).subarray(HEADER_BYTES)),
  );
  test.each([
    ['no entries', { ...right, entries: undefined }],
    ['no end', { ...right, until: undefined }],
    ['a beginning after its end', { ...right, since: at(10), entries: [] }],
    ['a beginning in another epoch', { ...right, since: { ...at(1), epoch: 6 }, entries: [] }],
    ['entries in the wrong order', { ...right, entries: right.entries.toReversed() }],
    ['an entry after its end', { ...right, until: at(8) }],
    ['an entry before its beginning', { ...right, since: at(3) }],
    ['an entry of another epoch', { ...right, entries: [{ gap: { ...at(2), epoch: 4 } }] }],
    ['an entry that is no event', { ...right, entries: [{ ...right.entries[0], score: 2 }] }],
    ['a text instead of a flag', { ...right, isAll: 'yes' }],
    ['nothing', null],
  ])('is rejected if it has %s', (_, value) => {
    const message = Buffer.concat([Buffer.alloc(HEADER_BYTES), Buffer.from(JSON.stringify(value))]);
    expect(decodeAnswer(message, true)).toBeUndefined();
  });

  test('of any bytes is decoded or rejected, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        readAnswerHeader(bytes);
        decodeAnswer(bytes, true);
        decodeQuestion(bytes);
      }),
    );
  });
});

test('the channels of a node are made of characters that a subject allows', () => {
  const { questions, answers } = recallChannels('a.b-c_d');
  for (const channel of [questions, answers]) expect(channel).toMatch(/^[\w-]+$/);
  expect(questions).not.toBe(answers);
});
