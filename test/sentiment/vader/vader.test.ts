import { describe, expect, test } from 'vitest';
import { vader } from '../../../src/sentiment/vader/vader.ts';
import { scorerContract } from '../../contract/scorer.ts';
import { RULES } from '../../fixtures/vader-rules.ts';
import { readCases, readTweets } from '../../support/data.ts';

scorerContract('vader', vader);

describe('vader scores as the reference', () => {
  for (const [rule, cases] of Object.entries(RULES)) {
    describe(rule, () => {
      test.each(cases)('%j', (text, compound, positive, neutral, negative) => {
        expect(vader(text)).toEqual({ compound, positive, neutral, negative });
      });
    });
  }

  test.each([
    ['the made-up texts', readCases()],
    ['the rated tweets, where they are at hand', readTweets()],
  ])('%s, all of them', (_, texts) => {
    for (const { text, vader: reference } of texts) {
      const { compound, pos, neu, neg } = reference;
      expect([text, vader(text)]).toEqual([
        text,
        { compound, positive: pos, neutral: neu, negative: neg },
      ]);
    }
  });
});

describe('vader keeps its answer in a text too long for the shared buffers', () => {
  const padding = ' table'.repeat(10_000);

  test('at its start', () => {
    expect(vader(`not good${padding}`).compound).toBe(vader('not good').compound);
  });

  test('at its end', () => {
    expect(vader(`${padding} never so GOOD but bad`).compound).toBe(
      vader('table never so GOOD but bad').compound,
    );
  });

  test('and in the short one after it', () => {
    vader(`good${padding}`);
    expect(vader('not good').compound).toBe(-0.3412);
  });
});
