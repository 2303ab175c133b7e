import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_TEXT } from '../../src/base/post.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import type { Scores } from '../../src/sentiment/scorer.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { readCases, readTweets } from '../support/data.ts';

/** An analyzer and the text that its scorer was given last. */
function spy(profile: 'full' | 'original') {
  let scored = '';
  const analyze = createAnalyzer(profile, (text) => {
    scored = text;
    return { compound: 0, positive: 0, neutral: 1, negative: 0 };
  });
  const scoredText = (text: string) => {
    analyze(text);
    return scored;
  };
  const tags = (text: string, stated?: readonly string[]) =>
    Object.fromEntries(analyze(text, stated).hashtags.map(({ tag, count }) => [tag, count]));
  return { scoredText, tags };
}

describe('the profile full', () => {
  const { scoredText, tags } = spy('full');

  test.each([
    ['Tom &amp; Jerry &lt;3 &#39;n&#39; &quot;co&quot;', `Tom & Jerry <3 'n' "co"`],
    ['LOVE it!!! :) 😀', 'LOVE it!!! :) 😀'],
    ['see http://t.co/abc123 and https://example.com/a?b=c#d.', 'see  and .'],
    ['HTTPS://EXAMPLE.COM/Great!', '!'],
    ['Www.example.com/great, WWW.GREAT.COM awww.great', ',  awww.great'],
    ['(http://t.co/x) :)', '() :)'],
    ['@user you @User_2 rock', ' you  rock'],
    ['привет @имя', 'привет '],
    ['#great stuff', '#great stuff'],
    ['joe@example.com é@b (@b) @a@b', 'joe@example.com é@b () '],
  ])('scores %j as %j', (text, expected) => {
    expect(scoredText(text)).toBe(expected);
  });

  test.each([
    ['#One two #THREE #one', { one: 2, three: 1 }],
    ['#a#b c#d ##e', { a: 1, b: 1, e: 1 }],
    ['#1 #2026 #4ever #_ #a_1', { '4ever': 1, _: 1, a_1: 1 }],
    ['#Größe #हिन्दी #東京', { größe: 1, हिन्दी: 1, 東京: 1 }],
    ['&#39;quoted&#39; &#x27;', {}],
    ['https://example.com/#section www.example.com/#section', {}],
    ['foo#bar joe#1 é#bar e\u0301#bar _#bar', {}],
    ['joe@example.com example.com/docs#install', {}],
    ['#a#b#1#c #1#d x#e#f #c++#g (#h) .#i', { a: 1, b: 1, c: 1, g: 1, h: 1, i: 1 }],
    ['#self-care#tea #rock&amp;roll', { self: 1, tea: 1, rock: 1 }],
    ['#️⃣ # #! #-', {}],
    [
      '#constructor #__proto__',
      Object.fromEntries([
        ['constructor', 1],
        ['__proto__', 1],
      ]),
    ],
  ])('finds the hashtags of %j', (text, expected) => {
    expect(tags(text)).toEqual(expected);
  });

  test.each([
    ['good', ['Coffee', 'coffee', 'tea'], { coffee: 1, tea: 1 }],
    ['#coffee #Coffee #milk', ['Coffee', 'Tea'], { coffee: 2, milk: 1, tea: 1 }],
    ['my #Self-Care day', ['self-care'], { 'self-care': 1 }],
    ["#self-care's #self-care, #self", ['Self-Care'], { 'self-care': 2, self: 1 }],
    ['#self-careful #self', ['self-care'], { self: 2, 'self-care': 1 }],
    ['#self-care-day', ['self-care', 'self-care-day'], { 'self-care-day': 1, 'self-care': 1 }],
    ['#rock&amp;roll #tea#c++', ['rock&roll', 'c++'], { 'rock&roll': 1, tea: 1, 'c++': 1 }],
    ['#24/7-love #24', ['24/7-love'], { '24/7-love': 1 }],
    ['#self care', ['self care'], { self: 1, 'self care': 1 }],
    ['#self–care', ['self-care'], { 'self-care': 1 }],
    ['#a-b-c-d-e', ['a-b'], { 'a-b': 1 }],
    ['#ｔｅａ', ['Ｔｅａ', 'te\u200da'], { tea: 1 }],
    ['none', ['1', '2026', '', '!', '9-11'], {}],
    ['none', ['__proto__'], Object.fromEntries([['__proto__', 1]])],
  ])('finds the hashtags of %j and of the stated tags %j', (text, stated, expected) => {
    expect(tags(text, stated)).toEqual(expected);
  });

  test('counts each stated tag once, unless the text has it more often', () => {
    const name = fc.constantFrom('a', 'B', 'self', 'self-care', 'c++', 'Größe');
    fc.assert(
      fc.property(fc.array(name), fc.array(name), (shown, stated) => {
        const wanted: Record<string, number> = {};
        for (const it of shown) {
          const isWhole = /^\p{L}+$/u.test(it) || stated.includes(it);
          const tag = (isWhole ? it : it.replace(/[-+].*/, '')).toLowerCase();
          wanted[tag] = (wanted[tag] ?? 0) + 1;
        }
        for (const it of stated) wanted[it.toLowerCase()] ??= 1;
        expect(tags(shown.map((it) => `#${it}`).join(' '), stated)).toEqual(wanted);
      }),
    );
  });

  test('keeps the hashtags of a post as short as a text, however long the stated ones are', () => {
    const long = (letter: string) => letter.repeat(MAX_TEXT / 2);
    expect(tags('tea', [long('a'), long('b'), 'c'])).toEqual({ [long('a')]: 1 });
    expect(tags(`#${long('a')}`, [long('a'), long('b')])).toEqual({ [long('a')]: 1 });
  });

  test('names the most frequent hashtag first, then goes by name', () => {
    const { hashtags } = createAnalyzer('full', vader)('#b #c #a #c #B #d');
    expect(hashtags.map(({ tag }) => tag)).toEqual(['b', 'c', 'a', 'd']);
  });
});

describe('the profile original', () => {
  const { scoredText, tags } = spy('original');

  test.each([
    ['I LOVE it!', 'i love it!'],
    ['@user hi', ' hi'],
    ['see http://t.co/aB1 now', 'see  now'],
    ['#tag? #tag!', '#tag? #tag!'],
  ])('scores %j as %j', (text, expected) => {
    expect(scoredText(text)).toBe(expected);
  });

  test('leaves stated tags out, as the first server knew none', () => {
    expect(tags('#tea', ['coffee', 'tea'])).toEqual({ tea: 1 });
  });

  test('answers as the first server did, on every text we have', () => {
    const analyze = createAnalyzer('original', vader);
    for (const { text, seed } of [...readCases(), ...readTweets()]) {
      const { polarityIndex } = analyze(text);
      expect([text, polarityIndex, tags(text)]).toEqual([text, seed.polarityIndex, seed.hashtags]);
    }
  });
});

describe('an analysis', () => {
  test.each(['full', 'original'] as const)(
    'has the 50 most frequent hashtags, by the profile %s',
    (profile) => {
      const letters = [...'abcdefghijklmnopqrstuvwxyz'];
      const names = letters.flatMap((a) => letters.map((b) => `#${a}${b}`));
      const text = `${names.reverse().join(' ')} #zz #zz #aa`;
      const { hashtags } = createAnalyzer(profile, vader)(text);
      expect(hashtags.length).toBe(50);
      expect(hashtags.slice(0, 3)).toEqual([
        { tag: 'zz', count: 3 },
        { tag: 'aa', count: 2 },
        { tag: 'ab', count: 1 },
      ]);
    },
  );

  test.each([
    [0.0501, 0, 'POSITIVE'],
    [0.05, 2, 'NEUTRAL'],
    [0, 2, 'NEUTRAL'],
    [-0.05, 2, 'NEUTRAL'],
    [-0.0501, 1, 'NEGATIVE'],
  ])('of a text with compound %d has polarity %i, %s', (compound, polarityIndex, polarity) => {
    const scores: Scores = { compound, positive: 0.1, neutral: 0.7, negative: 0.2 };
    expect(createAnalyzer('full', () => scores)('any')).toEqual({
      polarityIndex,
      polarity,
      score: compound,
      hashtags: [],
      positive: 0.1,
      neutral: 0.7,
      negative: 0.2,
    });
  });

  test('can be had of any text', () => {
    for (const profile of ['full', 'original'] as const) {
      const analyze = createAnalyzer(profile, vader);
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), (text) => {
          for (const { tag, count } of analyze(text).hashtags) {
            expect(tag).toBe(tag.toLowerCase());
            expect(count).toBeGreaterThan(0);
          }
        }),
      );
    }
  });
});
