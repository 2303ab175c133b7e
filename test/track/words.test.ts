import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fold } from '../../src/track/fold.ts';
import { plain } from '../../src/track/word.ts';
import { TextWords, words } from '../../src/track/words.ts';

function inOrder(text: string): string[] {
  return new TextWords(fold(text)).inOrder.filter((word) => word !== '');
}

describe('words', () => {
  test.each([
    ['Hello, World!', ['hello', 'world']],
    ["Twitter's example", ['twitter', 's', 'example']],
    ['snake_case and 4_ever', ['snake_case', 'and', '4_ever']],
    ['#Rust @User $TICK', ['#rust', '@user', '$tick']],
    ['##twice #@both', ['#twice', '@both']],
    ['a#b a@b a$b #a#b @a@b', ['a', 'b', 'a', 'b', 'a', 'b', '#a', '#b', '@a', 'b']],
    ['C++, (C#) .NET A+ ...net end. .', ['c++', 'c#', '.net', 'a+', 'net', 'end']],
    ['a+b C++11 c#x', ['a', 'b', 'c', '11', 'c', 'x']],
    ['see example.com.', ['see', 'example', 'com', '', '//example', './com']],
    [
      'and/or U.S. me@a-b.de',
      [
        ...['and', 'or', 'u', 's', 'me', 'a', 'b', 'de'],
        ...['', '//and', '//or', '', '//u', './s', '', '//me', '@/a', '-/b', './de'],
      ],
    ],
    [
      'a https://www.Example.com/x?y=1#z b',
      [...['a', '', 'b', '', '//example', './com', '//x', '//y', '//1', '//z']],
    ],
    ['www.www.com http://', ['', 'http', '', '//www', './com']],
    ['#self-care #C++', ['#self', 'care', '#c', '', '#self-care', '', '#c++', '', 'c++']],
    ['#1 $100 @1 #1st', ['1', '100', '@1', '#1st']],
    ['# @ $ -', []],
    ['ＦＵＬＬ ＃ｗｉｄｔｈ', ['full', '#width']],
    ['Straße STRASSE STRAẞE ﬁne', ['strasse', 'strasse', 'strasse', 'fine']],
    ['ΟΔΟΣ οδος', ['οδοσ', 'οδοσ']],
    ['İstanbul ısı ISI', ['i̇stanbul', 'ısı', 'isi']],
    ['touché touche\u0301 touche', ['touché', 'touché', 'touche']],
    ['हिन्दी #हिन्दी', ['हिन्दी', '#हिन्दी']],
    ['I ❤️coffee 👍🏽 #️⃣', ['i', 'coffee']],
    ['co\u00adfee', ['cofee']],
    ['AT&amp;T &lt;3 &quot;hi&quot; &#39;tis', ['at', 't', '3', 'hi', 'tis']],
    ['\ud800 lone \udc00', ['lone']],
    ['', []],
  ])('of %j are %j', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  test('are the same whatever the case', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        // The dotless ı is not the lower case of I in every language, and Unicode leaves it alone.
        fc.pre(!/[ıİI]/u.test(text));
        expect(words(text.toUpperCase())).toEqual(words(text));
        expect(words(text.toLowerCase())).toEqual(words(text));
      }),
    );
  });

  test('are the same in either case, and read again, for every letter of Unicode', () => {
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      const letter = String.fromCodePoint(codePoint);
      const folded = fold(letter);
      if (folded === letter) continue;
      // İ is an i with a dot above, which upper-casing does not put back together.
      if (fold(folded) !== folded) throw new Error(`${letter} is not folded for good`);
      if (letter !== 'İ' && fold(letter.toLowerCase()) !== folded) {
        throw new Error(`${letter} is not folded as its lower case`);
      }
    }
  });

  test('do not change when they are read again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(fold(fold(text))).toBe(fold(text));
        expect(inOrder(inOrder(text).join(' '))).toEqual(inOrder(text));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['in an order that Unicode changes', '\u0301\u0323'],
    ['that come apart', '\u0344'],
    ['with invisible code points between', '\u0301\u200d\u0323\u200d'],
    ['with variation selectors between', '\u0301\ufe0f\u0323\ufe0e'],
    ['of two code units', '\u{1d165}\u{1d16d}'],
    ['that are letters at first', '\uff9e\u0301'],
    ['as HTML entities', '&#769;&#803;'],
  ])('keep 30 marks on a letter: marks %s', (_, marks) => {
    const [word = '', ...others] = words(`e${marks.repeat(25_000 / marks.length)} and more`);
    expect(others).toEqual(['and', 'more']);
    expect(word).toMatch(/^\p{L}\p{M}{29,30}$/u);
    expect(words(word)).toEqual([word]);
    expect(words(`e${marks.repeat(200)}`)).toEqual([word]);
  });

  test('of a text that grows when it is folded are those of 25,000 characters', () => {
    for (const character of ['\ufdfa', '\ufdfb', '\u{1d15e}', '㌀', '\u0390']) {
      const { length } = words(character.repeat(25_000)).join(' ');
      expect(length).toBeLessThanOrEqual(3 * 25_000);
    }
  });

  test('are plain without their sigil', () => {
    expect(['#rust', '@user', '$tick', 'word'].map(plain)).toEqual([
      'rust',
      'user',
      'tick',
      'word',
    ]);
  });
});
