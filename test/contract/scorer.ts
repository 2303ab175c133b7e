// What every scorer keeps to. Each implementation's test calls it.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Scorer } from '../../src/sentiment/scorer.ts';

export function scorerContract(name: string, score: Scorer): void {
  describe(`${name}, as a scorer`, () => {
    test('tells good from bad from neither', () => {
      expect(score('I love this, it is great!').compound).toBeGreaterThan(0.5);
      expect(score('I hate this, it is horrible!').compound).toBeLessThan(-0.5);
      expect(score('This is a table.').compound).toBe(0);
    });

    test('gives no text no score', () => {
      expect(score('')).toEqual({ compound: 0, positive: 0, neutral: 0, negative: 0 });
    });

    test('keeps to its ranges, and gives equal texts equal scores', () => {
      fc.assert(
        fc.property(fc.oneof(fc.string({ unit: 'binary' }), sentences), (text) => {
          const scores = score(text);
          expect(Math.abs(scores.compound)).toBeLessThanOrEqual(1);
          for (const share of [scores.positive, scores.neutral, scores.negative]) {
            expect(share).toBeGreaterThanOrEqual(0);
            expect(share).toBeLessThanOrEqual(1);
          }
          expect(score(text)).toEqual(scores);
        }),
      );
    });
  });
}

const sentences = fc
  .array(fc.constantFrom('love', 'hate', 'not', 'very', 'but', 'GREAT', ':)', '!', '😀', 'table'))
  .map((words) => words.join(' '));
