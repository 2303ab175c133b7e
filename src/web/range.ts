// The span of time that the page shows. The page's address is its home, so that a link and a reload keep it.

import type { Bucket } from '../../schema/operations.ts';

export interface Range {
  /** As it stands in the address. */
  readonly name: string;
  /** As it stands in a sentence, after “the last”. */
  readonly words: string;
  readonly seconds: number;
  /** How long the counts of one point of the chart last. Without it, the page counts the events itself. */
  readonly bucket?: { readonly size: Bucket; readonly seconds: number; readonly words: string };
  /** How long a row of the table under the chart lasts. */
  readonly row: { readonly seconds: number; readonly words: string };
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const FIRST: Range = {
  name: '5m',
  words: 'five minutes',
  seconds: 5 * MINUTE,
  row: { seconds: MINUTE, words: 'the minute' },
};

/** As many points as the server keeps counts of each length for, by default. */
export const RANGES: readonly Range[] = [
  FIRST,
  {
    name: '1h',
    words: 'hour',
    seconds: HOUR,
    bucket: { size: 'MINUTE', seconds: MINUTE, words: 'a minute' },
    row: { seconds: 10 * MINUTE, words: 'ten minutes' },
  },
  {
    name: '24h',
    words: '24 hours',
    seconds: DAY,
    bucket: { size: 'TEN_MINUTES', seconds: 10 * MINUTE, words: 'in ten minutes' },
    row: { seconds: 3 * HOUR, words: 'three hours' },
  },
  {
    name: '7d',
    words: 'seven days',
    seconds: 7 * DAY,
    bucket: { size: 'HOUR', seconds: HOUR, words: 'an hour' },
    row: { seconds: DAY, words: 'the day' },
  },
];

/** The range of a query string such as `?track=coffee&range=24h`; five minutes if it names none that exists. */
export function readRange(search: string): Range {
  const name = new URLSearchParams(search).get('range');
  return RANGES.find((range) => range.name === name) ?? FIRST;
}

/** How far an arrow key goes in a chart, in seconds. */
export function stepOf(range: Range): number {
  return range.bucket?.seconds ?? 5;
}
