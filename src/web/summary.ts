// The summary: a row for each topic, from the server's windows, so that topics can be compared at a glance.

import { SummaryDocument, type SummarySubscription } from '../../schema/operations.ts';
import { h, setText } from './dom.ts';
import type { Range } from './range.ts';
import { balanceOf, type Counts } from './rolling-window.ts';
import type { Connection } from './server-connection.ts';
import { isFew, signed } from './wording.ts';

type Window = SummarySubscription['window'];

/** The longest span of a window, in seconds. */
const LONGEST = 86_400;
const COLUMNS = 5;

/** Adds a row for `track` to the table, until the returned function is called. */
export function addSummary(
  body: HTMLTableSectionElement,
  track: string,
  range: Range,
  connection: Pick<Connection, 'watch'>,
): () => void {
  const row = h('tr', {}, h('th', { scope: 'row', class: 'summed' }, track));
  for (let column = 1; column < COLUMNS; column += 1) row.append(h('td', {}, '–'));
  body.append(row);
  const variables = { track, span: Math.min(range.seconds, LONGEST) };
  const stop = connection.watch(SummaryDocument, variables, ({ window }) => {
    summarize(window).forEach((text, column) => {
      const cell = row.children[column + 1];
      if (cell) setText(cell, text);
    });
  });
  return () => {
    stop();
    row.remove();
  };
}

/** Posts a minute, the balance, its change since the span before, and whether there is a spike. */
export function summarize(window: Window): [string, string, string, string] {
  const { posts, postsPerMinute, previous, spike } = window;
  const rate =
    postsPerMinute?.toLocaleString('en', { maximumFractionDigits: postsPerMinute < 10 ? 1 : 0 }) ??
    '–';
  const balance = balanceOf(countsOf(window));
  const before = balanceOf(countsOf(previous));
  const isKnown = !isFew(posts) && balance !== undefined;
  const change = isKnown && !isFew(previous.posts) ? balance - (before ?? 0) : undefined;
  return [rate, isKnown ? signed(balance) : 'few posts', signed(change), spike ? '▲ spike' : ''];
}

function countsOf({ positive, negative, neutral }: Window['previous']): Counts {
  return [positive, negative, neutral];
}
