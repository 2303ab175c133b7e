// The summary: a row for each topic, so that topics can be compared at a glance. It comes from the server's windows, and
// for a range that is longer than a window can be, from its counts by the hour.

import {
  PastDocument,
  SummaryDocument,
  type SummarySubscription,
} from '../../schema/operations.ts';
import { h, setText } from './dom.ts';
import { sum, totalOf } from './picture.ts';
import type { Range } from './range.ts';
import type { Cell } from './rolling-window.ts';
import type { Connection } from './server-connection.ts';
import { cellsOf } from './topic-past.ts';
import type { Topic } from './topic-state.ts';
import { signed, sureBalanceOf } from './wording.ts';

type Window = SummarySubscription['window'];
type Span = Window['previous'];

/** The longest span of a window, in seconds. */
const LONGEST = 86_400;
/** How often the row asks for the span before such a long range, in milliseconds. */
const PACE_BEFORE = 600_000;
const COLUMNS = 5;

/** Adds a row for `topic` to the table, until the returned function is called. */
export function addSummary(
  body: HTMLTableSectionElement,
  topic: Topic,
  range: Range,
  connection: Pick<Connection, 'watch' | 'ask'>,
): () => void {
  const { track } = topic;
  const row = h('tr', {}, h('th', { scope: 'row', class: 'summed' }, track));
  for (let column = 1; column < COLUMNS; column += 1) row.append(h('td', {}, '–'));
  body.append(row);
  let before: readonly Cell[] = [];
  let beforeAt = 0;

  const variables = { track, span: Math.min(range.seconds, LONGEST) };
  const stop = connection.watch(SummaryDocument, variables, ({ window }) => {
    const isLong = range.seconds > LONGEST;
    if (isLong) void askBefore();
    const summed = isLong ? sumUp(topic.past?.cells ?? [], before, window.spike) : window;
    summarize(summed).forEach((text, column) => {
      const cell = row.children[column + 1];
      if (cell) setText(cell, text);
    });
  });
  return () => {
    stop();
    row.remove();
  };

  /** Asks for the counts of the span before the range. */
  async function askBefore(): Promise<void> {
    const now = Date.now();
    const { bucket } = range;
    if (!bucket || now - beforeAt < PACE_BEFORE) return;
    beforeAt = now;
    const time = (spans: number) => new Date(now - spans * range.seconds * 1000).toISOString();
    const span = { from: time(2), to: time(1) };
    const answer = await connection.ask(PastDocument, { track, ...span, bucket: bucket.size });
    if (answer) before = cellsOf(answer.history.buckets, bucket.seconds, now);
    else beforeAt = 0;
  }
}

/** What a window would be whose span has these cells. */
export function sumUp(cells: readonly Cell[], before: readonly Cell[], spike: boolean): Window {
  const known = cells.filter(({ isKnown }) => isKnown);
  const minutes = known.reduce((time, { from, to }) => time + (to - from) / 60, 0);
  return {
    ...spanOf(cells),
    postsPerMinute: minutes === 0 ? null : sum(totalOf(known)) / minutes,
    previous: spanOf(before),
    spike,
  };
}

function spanOf(cells: readonly Cell[]): Span {
  const [positive, negative, neutral] = totalOf(cells);
  return { posts: positive + negative + neutral, positive, negative, neutral };
}

/** Posts a minute, the balance, its change since the span before, and whether there is a spike. */
export function summarize(window: Window): [string, string, string, string] {
  const { postsPerMinute, previous, spike } = window;
  const rate =
    postsPerMinute?.toLocaleString('en', { maximumFractionDigits: postsPerMinute < 10 ? 1 : 0 }) ??
    '–';
  const balance = balanceOfSpan(window);
  const before = balanceOfSpan(previous);
  const change = balance === undefined || before === undefined ? undefined : balance - before;
  return [
    rate,
    balance === undefined ? 'few posts' : signed(balance),
    signed(change),
    spike ? '▲ spike' : '',
  ];
}

function balanceOfSpan({ positive, negative, neutral }: Span): number | undefined {
  return sureBalanceOf([positive, negative, neutral]);
}
