import { expect, test } from 'vitest';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { readNdjson, sharedFile } from '../support/data.ts';

/** What the profile `full` reached before it read typographic signs: it must not lose more than 0.002 of either. */
const CORRELATION = 0.8722 - 0.002;
const RECALL = 0.5977 - 0.002;

interface JudgedTweet {
  readonly text: string;
  /** The mean human rating, -4 to 4. */
  readonly rating?: number;
  /** 0 negative, 1 neutral, 2 positive. */
  readonly label?: number;
}

/** The label of each polarity index. */
const LABELS = [2, 0, 1];

const file = sharedFile('tweets.ndjson');
const tweets = file === undefined ? [] : readNdjson<JudgedTweet>(file);
const analyze = createAnalyzer('full', vader);

test.skipIf(file === undefined)('scores correlate with the ratings of people', () => {
  const pairs = tweets.flatMap(({ text, rating }) =>
    rating === undefined ? [] : [[analyze(text).score, rating] as const],
  );
  expect(correlation(pairs)).toBeGreaterThan(CORRELATION);
});

test.skipIf(file === undefined)('polarities agree with the labels of people', () => {
  const recalls = LABELS.map((wanted) => {
    const labelled = tweets.filter(({ label }) => label === wanted);
    const right = labelled.filter(({ text }) => LABELS[analyze(text).polarityIndex] === wanted);
    return right.length / labelled.length;
  });
  expect(mean(recalls)).toBeGreaterThan(RECALL);
});

function correlation(pairs: readonly (readonly [number, number])[]): number {
  const x = mean(pairs.map(([first]) => first));
  const y = mean(pairs.map(([, second]) => second));
  const both = mean(pairs.map(([first, second]) => (first - x) * (second - y)));
  const ofX = mean(pairs.map(([first]) => (first - x) ** 2));
  const ofY = mean(pairs.map(([, second]) => (second - y) ** 2));
  return both / Math.sqrt(ofX * ofY);
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
