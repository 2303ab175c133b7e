import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAnalyzer, createExplainer, MAX_WORDS } from '../../src/sentiment/analysis.ts';
import { fullText } from '../../src/sentiment/profile/full.ts';
import { describeEmoji } from '../../src/sentiment/vader/emoji.ts';
import { vader, vaderWords } from '../../src/sentiment/vader/vader.ts';
import { RULES } from '../fixtures/vader-rules.ts';
import { readCases, readTweets } from '../support/data.ts';

const explain = createExplainer('full', vaderWords);
const TEXTS = [
  ...Object.values(RULES).flatMap((cases) => cases.map(([text]) => text)),
  ...[...readCases(), ...readTweets()].map(({ text }) => text),
];
const EMOJI = ['😀', '💔', '👍', '😄', '❤️', '🔥'];

/** What the marks of a text add to its intensity (paper, section 3.2). */
function emphasisOf(text: string): number {
  // VADER reads 🔛 as "ON! arrow".
  const marks = describeEmoji(text);
  const exclaimed = Math.min(marks.split('!').length - 1, 4) * 0.292;
  const questions = marks.split('?').length - 1;
  return exclaimed + (questions < 2 ? 0 : questions > 3 ? 0.96 : questions * 0.18);
}

/** Whether `score` is the compound of these parts and marks, rounded to four decimals. */
function isScoreOf(parts: readonly { valence: number }[], emphasis: number, score: number) {
  const sum = parts.reduce((total, { valence }) => total + valence, 0);
  // A sum that is only what additions leave of 0 has either sign, or none.
  const signs = Math.abs(sum) < 1e-9 ? [-1, 0, 1] : [Math.sign(sum)];
  return signs.some((sign) => {
    const whole = sum + sign * emphasis;
    return Math.abs(whole / Math.sqrt(whole * whole + 15) - score) <= 0.00005 + 1e-9;
  });
}

describe('the words of VADER', () => {
  test('and the marks of the text give its compound, in every text we have', () => {
    const wrong = TEXTS.filter((text) => {
      const words = vaderWords(text, Infinity);
      return !isScoreOf(words, emphasisOf(text), vader(text).compound);
    });
    expect(wrong).toEqual([]);
  });

  test('stand in the text, one after the other', () => {
    const wrong = TEXTS.filter((text) => {
      const words = vaderWords(text, Infinity);
      return !words.every(
        ({ start, end }, i) =>
          start >= (words[i - 1]?.end ?? 0) && /^\S+$/.test(text.slice(start, end)),
      );
    });
    expect(wrong).toEqual([]);
  });
});

describe('an explanation', () => {
  const analyze = createAnalyzer('full', vader);
  const isExplained = (text: string) =>
    isScoreOf(explain(text), emphasisOf(fullText(text).polarityText), analyze(text).score);

  test('and the marks of the text give its score, in every text we have', () => {
    expect(TEXTS.filter((text) => !isExplained(text))).toEqual([]);
  });

  test('and the marks of the text give its score, whatever the text', () => {
    const word = fc.constantFrom('good', 'BAD', 'not', 'but', 'very', '!', '? ?', ':(', ...EMOJI);
    const mixed = fc.array(fc.oneof(word, fc.string({ unit: 'binary' })));
    fc.assert(fc.property(mixed, (parts) => isExplained(parts.join(' '))));
  });

  test.each([
    ['Best espresso ever!! :) #coffee', ['Best 3.2', ':) 2']],
    ['a table and a chair', []],
    ['very good, a GOOD table', ['good 2.193', 'GOOD 2.8967']],
    ['nice, but it is NOT good', ['nice 0.9', 'good -2.109']],
    ['lunch 😂', ['😂 1.9']],
    ['nice, but it is bad', ['nice 0.9', 'bad -3.75']],
    ['a table is NOT good', ['good -1.406']],
    ['it is kind of nice', ['nice 1.507']],
    ['don’t “love” it… &lt;3', ['love -2.368', '<3 -1.406']],
    ['ｇｒｅａｔ stuff', ['great 3.1']],
    ['good https://example.com/bad @great', ['good 1.9']],
  ])('of %j names the words that count, each after its rules', (text, expected) => {
    expect(explain(text).map(({ word, valence }) => `${word} ${valence}`)).toEqual(expected);
  });

  test.each([
    ['so 😂😂!', ['😂', '😂']],
    ['great👍ok', ['great', '👍', 'ok']],
    ['💔bad ❤️ good', ['💔', 'bad', '❤', 'good']],
    ['😀 good 日 :( 😄', ['😀', 'good', ':(', '😄']],
    ['\ud800 good \u212aILL', ['good', '\u212aILL']],
  ])('of %j has emoji as they stand there, each once', (text, expected) => {
    expect(explain(text).map(({ word }) => word)).toEqual(expected);
  });

  test('never has a word that counts as 0', () => {
    const words = TEXTS.flatMap(explain);
    expect(words.filter(({ word, valence }) => word === '' || valence === 0)).toEqual([]);
  });

  test('has the first words of a long text', () => {
    const words = explain(`awful ${'good '.repeat(2 * MAX_WORDS)}`);
    expect(words.length).toBe(MAX_WORDS);
    expect(words[0]).toEqual({ word: 'awful', valence: -2 });
  });

  test('by the profile original has words in lower case, and no emoji', () => {
    const words = createExplainer('original', vaderWords)('GREAT 😀 :)');
    expect(words.map(({ word }) => word)).toEqual(['great']);
  });
});
