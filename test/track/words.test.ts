import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fold } from '../../src/track/fold.ts';
import { spellWords } from '../../src/track/query-term.ts';
import { TextWords } from '../../src/track/text-words.ts';
import { plain } from '../../src/track/word.ts';
import { words } from '../../src/track/words.ts';
import { texts } from '../support/queries.ts';

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
    ['C++, (C#) .NET A+ ...net end. .', ['+c++', '+c#', '.net', '+a+', 'net', 'end']],
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
    ['#self-care #C++', ['#self', 'care', '#c', '', '#self-care', '', '#c++', '', '+c++']],
    ['#1 $100 @1 #1st', ['1', '100', '@1', '#1st']],
    ['# @ $ -', []],
    ['ＦＵＬＬ ＃ｗｉｄｔｈ', ['full', '#width']],
    ['Straße STRASSE STRAẞE ﬁne', ['strasse', 'strasse', 'strasse', 'fine']],
    ['ΟΔΟΣ οδος', ['οδοσ', 'οδοσ']],
    ['İstanbul i̇stanbul ısı ISI', ['istanbul', 'istanbul', 'ısı', 'isi']],
    ['كِتَابٌ كتـــاب كتاب', ['كتاب', 'كتاب', 'كتاب']],
    ['أب آب', ['أب', 'آب']],
    ['touché touche\u0301 touche', ['touché', 'touché', 'touche']],
    ['हिन्दी #हिन्दी', ['हिन्दी', '#हिन्दी']],
    ['I ❤️coffee 👍🏽 #️⃣ 1️⃣ ©', ['i', '❤', 'coffee', '👍', '1']],
    ['👩🏽‍🚀🔥 🇩🇪🇫🇷 🇦', ['👩', '🚀', '🔥', '🇩🇪', '🇫🇷', '🇦']],
    ['美味しいコーヒー', ['美', '味', 'し', 'い', 'コ', 'ー', 'ヒ', 'ー']],
    ['ｺｰﾋｰ ガ', ['コ', 'ー', 'ヒ', 'ー', ' ', 'ガ']],
    ['커피를 마셔', ['커', '피', '를', ' ', '마', '셔']],
    ['น้ำชา', ['น้ํ', 'า', 'ช', 'า']],
    ['私のcafe2号店', ['私', 'の', 'cafe2', '号', '店']],
    [
      '#コーヒー #茶 @커피',
      [...['コ', 'ー', 'ヒ', 'ー', ' ', '#茶', ' ', '커', '피'], ...['', '#コーヒー', '', '@커피']],
    ],
    ['#coffee好き @joe님', ['coffee', '好', 'き', '@joe', '님', '', '#coffee好き']],
    ['見てhttps://a.jp/x見て', ['見', 'て', '', '見', 'て', '', '//a', './jp', '//x']],
    ['3.14元 茶/茶', ['3', '14', '元', ' ', '茶', ' ', '茶', '', '//3', './14']],
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
        fc.pre(!/[ıI]/u.test(text));
        expect(words(text.toUpperCase())).toEqual(words(text));
        expect(words(text.toLowerCase())).toEqual(words(text));
      }),
    );
  });

  test('are the same whatever the case, in posts of all kinds', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(words(text.toUpperCase())).toEqual(words(text));
      }),
    );
  });

  test('are the same in either case, and read again, for every letter of Unicode', () => {
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      const letter = String.fromCodePoint(codePoint);
      const folded = fold(letter);
      if (folded === letter) continue;
      if (fold(folded) !== folded) throw new Error(`${letter} is not folded for good`);
      if (fold(letter.toLowerCase()) !== folded) {
        throw new Error(`${letter} is not folded as its lower case`);
      }
    }
  });

  test('do not change when they are read again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(fold(fold(text))).toBe(fold(text));
        expect(inOrder(spellWords(inOrder(text)))).toEqual(inOrder(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('do not change when they are folded again, whatever marks they have', () => {
    const mark = fc.constantFrom(
      '\u0307',
      '\u0323',
      '\u0301',
      '\u0328',
      '\u064e',
      '\u0654',
      '\u0640',
    );
    const letter = fc.constantFrom('i', 'İ', 'I', 'ı', 'ị', 'ا', 'ﻷ', 'é');
    fc.assert(
      fc.property(fc.array(fc.oneof(mark, letter)), (parts) => {
        const once = fold(parts.join(''));
        expect(fold(once)).toBe(once);
        expect(once).not.toMatch(/i\u0307/);
      }),
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

  test.each([
    ...[
      'a.b ',
      'a.',
      'www.a.b ',
      '#a-b++ ',
      '#a',
      '-a',
      '+',
      '#',
      '茶 ',
      '#茶茶-a ',
      '🔥',
      '@커커 ',
    ],
  ])('are at most two for each character, as in %j over and over', (part) => {
    const text = `#a${part.repeat(25_000 / part.length)}`;
    expect(words(text).length).toBeLessThanOrEqual(2 * text.length);
  });

  test('are plain without their signs', () => {
    const signed = ['#rust', '@user', '$tick', 'word', 'c++', '.net', '#c#', './com', '/com'];
    const letters = ['rust', 'user', 'tick', 'word', 'c', 'net', 'c', '/com', '/com'];
    expect(signed.map(plain)).toEqual(letters);
  });
});
