// `npm run bench -- score`: CPU time of scoring, beside the npm port and against a text's length.

import port from 'vader-sentiment';
import { fullText } from '../../src/sentiment/profile/full.ts';
import { originalText } from '../../src/sentiment/profile/original.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { cpuNanoseconds, median, table } from './measure.ts';
import { readTexts } from './workload.ts';

/** Rounds alternate between the scorers, so that a slow spell of the machine meets them all. */
const ROUNDS = 7;
/** The fast ones score the texts this often a round, for the clock's sake. */
const PASSES = 10;

const SCORERS: Readonly<Record<string, { score: (text: string) => unknown; passes: number }>> = {
  vader: { score: vader, passes: PASSES },
  full: { score: (text) => vader(fullText(text).polarityText), passes: PASSES },
  original: { score: (text) => vader(originalText(text).polarityText), passes: PASSES },
  'vader-sentiment': { score: port.SentimentIntensityAnalyzer.polarity_scores, passes: 1 },
};

const MEBIBYTE = 2 ** 20;
const LENGTHS = [MEBIBYTE / 4, MEBIBYTE / 2, MEBIBYTE] as const;
const LONG_ROUNDS = 9;
const UNITS = [
  '!',
  'x',
  'table ',
  'good ',
  'not ',
  "n't ",
  'so good ',
  'but ',
  'good but ',
  '😀',
  'é',
];

export async function run(): Promise<void> {
  const { from, texts } = readTexts();
  const posts = measurePosts(texts);
  const long = UNITS.map((unit) => ({
    unit,
    milliseconds: LENGTHS.map((n) => measureLong(unit, n)),
  }));

  process.stdout.write(`${texts.length} texts (${from}), µs of CPU a text\n\n${table(posts)}\n`);
  const lengths = long.map(({ unit, milliseconds: [quarter = 0, half = 0, whole = 0] }) => ({
    unit: JSON.stringify(unit),
    '0.25 MiB': quarter,
    '0.5 MiB': half,
    '1 MiB': whole,
    growth: rounded(whole / quarter),
  }));
  process.stdout.write(`One thing over and over, ms of CPU a text\n\n${table(lengths)}\n`);
  process.stdout.write(`${JSON.stringify({ bench: 'score', from, posts, lengths })}\n`);
}

function measurePosts(texts: readonly string[]) {
  const times = new Map(Object.keys(SCORERS).map((name): [string, number[]] => [name, []]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, { score, passes }] of Object.entries(SCORERS)) {
      const spent =
        cpuNanoseconds(() => {
          for (let pass = 0; pass < passes; pass++) for (const text of texts) score(text);
        }) / 1000;
      // The first round warms up.
      if (round >= 0) times.get(name)?.push(spent / passes / texts.length);
    }
  }
  const slowest = median(times.get('vader-sentiment') ?? []);
  return [...times].map(([scorer, spent]) => ({
    scorer,
    microseconds: rounded(median(spent)),
    ratio: rounded(slowest / median(spent)),
  }));
}

function measureLong(unit: string, length: number): number {
  const text = unit.repeat(length / unit.length);
  vader(text);
  const spent = Array.from({ length: LONG_ROUNDS }, () => cpuNanoseconds(() => vader(text)) / 1e6);
  // The minimum, because other work of the machine can only add.
  return rounded(Math.min(...spent));
}

function rounded(number: number): number {
  return Math.round(number * 100) / 100;
}
