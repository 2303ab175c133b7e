import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createAnalyzer } from '../../../src/sentiment/analysis.ts';
import { fullText } from '../../../src/sentiment/profile/full.ts';
import {
  BOOSTER_PHRASES,
  BOOSTERS,
  IDIOMS,
  NEGATIONS,
} from '../../../src/sentiment/vader/lexicon.ts';
import { vader } from '../../../src/sentiment/vader/vader.ts';

const analyze = createAnalyzer('full', vader);
const TABLE = new URL('../../../src/sentiment/profile/emoji-words.tsv', import.meta.url);
const rows = readFileSync(TABLE, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => {
    const [emoji = '', word = '', source = '', ...others] = line.split('\t');
    return { emoji, word, source, others };
  });
const phrases = new Set(
  [...IDIOMS.keys(), ...BOOSTER_PHRASES.keys()].flatMap((it) => it.split(' ')),
);

describe('the list of emoji', () => {
  test.each(rows)('reads $emoji as $word, by $source', ({ emoji, word, source, others }) => {
    expect(others).toEqual([]);
    expect([...emoji].length).toBe(1);
    expect(emoji).toMatch(/^\p{Extended_Pictographic}$/u);
    const [, score, keywords] = /^(?:ESR (-?0\.\d{3})|CLDR ([a-z, ]+))$/.exec(source) ?? [];
    const sign = Math.sign(vader(word).compound);
    if (score === undefined) expect(keywords?.split(', ')).toContain(word);
    else expect(sign).toBe(Math.sign(Number(score)));
    expect(Math.sign(analyze(emoji).score)).toBe(sign);
    expect(analyze(emoji).polarity).toBe(sign > 0 ? 'POSITIVE' : 'NEGATIVE');
  });

  test.each(rows)(
    'has $emoji because the reference has another sign or none',
    ({ emoji, word }) => {
      const { compound } = vader(emoji);
      expect(Math.sign(compound)).not.toBe(Math.sign(vader(word).compound));
    },
  );

  test.each(rows)('has a word for $emoji that changes nothing beside it', ({ word }) => {
    expect(word).toMatch(/^[a-z]+$/);
    expect(BOOSTERS.has(word) || NEGATIONS.has(word) || phrases.has(word)).toBe(false);
  });

  test('is short, has each emoji once, and those that are missed most', () => {
    const emoji = rows.map((row) => row.emoji);
    expect(emoji.length).toBeLessThanOrEqual(100);
    expect(new Set(emoji).size).toBe(emoji.length);
    expect(emoji).toEqual(expect.arrayContaining([...'💔🔥👍👎😡🤬🥹🫶']));
  });

  test.each([
    ['🔥🔥🔥', 'cool cool cool'],
    ['not 🔥', 'not cool'],
    ['so 🔥', 'so cool'],
    ['great👍', 'great good'],
    ['👍great', 'good great'],
    ['👍🏿!', 'good!'],
    ['👍❤️', 'good ❤'],
    ['❤️👍', '❤ good'],
    ['bad 👎 ass', 'bad dislike ass'],
    ['❤️‍🔥', '❤ cool'],
    ['🤦🏽‍♂️ great', 'smh ♂ great'],
    ['good💔, but 👍', 'good heartbroken, but good'],
  ])('reads %j as %j', (text, worded) => {
    expect(analyze(text)).toEqual(analyze(worded));
  });

  test('leaves emoji in links alone, and ends a hashtag at an emoji', () => {
    expect(fullText('https://t.co/👍 #a👍')).toEqual({
      polarityText: ' #a good',
      shownText: ' #a👍',
      tags: ['a'],
    });
  });
});
