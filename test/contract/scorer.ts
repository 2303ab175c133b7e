// The suite that every scorer passes, whatever it thinks of a text. The test of an implementation calls it.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Scorer } from '../../src/sentiment/scorer.ts';

const MEBIBYTE = 2 ** 20;
/** Any code units, lone surrogates included, mixed with a few words that carry sentiment. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.constantFrom(
        ' ',
        '!',
        '?',
        "n't",
        ' good ',
        ' bad',
        ' not ',
        ' but ',
        ' VERY ',
        '😀',
        '❤',
      ),
    ),
  )
  .map((parts) => parts.join(''));

export function scorerContract(name: string, score: Scorer): void {
  describe(`${name}, as a scorer`, () => {
    test('stays within its bounds for any string, with shares that add up to one', () => {
      fc.assert(
        fc.property(anyText, (text) => {
          const { compound, positive, neutral, negative } = score(text);
          expect(Math.abs(compound)).toBeLessThanOrEqual(1);
          for (const share of [positive, neutral, negative]) {
            expect(share).toBeGreaterThanOrEqual(0);
            expect(share).toBeLessThanOrEqual(1);
          }
          const sum = positive + neutral + negative;
          expect(Math.abs(sum - (sum < 0.5 ? 0 : 1))).toBeLessThan(0.002);
        }),
      );
    });

    test('rounds the compound to four places, and shares to three', () => {
      fc.assert(
        fc.property(anyText, (text) => {
          const { compound, ...shares } = score(text);
          expect(Math.abs(compound)).toBe(Math.abs(Number(compound.toFixed(4))));
          for (const share of Object.values(shares)) expect(share).toBe(Number(share.toFixed(3)));
        }),
      );
    });

    test('finds nothing in a text without words', () => {
      for (const text of ['', ' ', ' \n\t\u3000']) {
        expect(score(text)).toEqual({ compound: 0, positive: 0, neutral: 0, negative: 0 });
      }
    });

    test('ignores white space around a text', () => {
      fc.assert(
        fc.property(anyText, fc.constantFrom(' ', '\n', '\t \r\n'), (text, space) => {
          expect(score(`${space}${text}${space}`)).toEqual(score(text));
        }),
      );
    });

    test('scores a text the same again, whatever it scored in between', () => {
      fc.assert(
        fc.property(anyText, anyText, (text, other) => {
          const first = { ...score(text) };
          score(other);
          expect(score(text)).toEqual(first);
        }),
      );
    });

    test.each(['!', 'x', 'table ', '\ud800', '日'])(
      'scores a megabyte of %j as neutral',
      (unit) => {
        const { compound, neutral } = score(unit.repeat(MEBIBYTE / unit.length));
        expect({ compound, neutral }).toEqual({ compound: 0, neutral: 1 });
      },
    );

    test.each(['good ', 'good but '])('scores a megabyte of %j as 1', (unit) => {
      expect(score(unit.repeat(MEBIBYTE / unit.length)).compound).toBe(1);
    });
  });
}
