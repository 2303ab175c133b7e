// The table under a chart: its counts in rows, the newest first.

import { h, setText, the } from './dom.ts';
import { minutesOf, rowsOf, sum, totalOf } from './picture.ts';
import type { Range } from './range.ts';
import type { Counts } from './rolling-window.ts';
import type { Topic } from './topic-state.ts';

/** The order on the page, with neutral in the middle. */
const SHOWN = [0, 2, 1] as const;

const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'short' });

interface Row {
  readonly name: string;
  readonly counts: Readonly<Counts>;
  /** Whether all posts are counted. */
  readonly isKnown: boolean;
}

export function showRows(table: HTMLTableElement, topic: Topic, range: Range): void {
  const body = table.tBodies[0];
  if (!body) return;
  setText(the('.when', HTMLElement, table), range.bucket ? 'From' : 'Minutes ago');
  const rows = range.bucket ? bucketRows(topic, range) : minuteRows(topic);
  while (body.rows.length > rows.length) body.lastChild?.remove();
  rows.forEach((row, i) => {
    const element =
      body.rows[i] ??
      body.appendChild(h('tr', {}, h('th', { scope: 'row' }), h('td'), h('td'), h('td')));
    const texts = [row.name, ...SHOWN.map((polarity) => cellText(row, polarity))];
    texts.forEach((text, column) => {
      const cell = element.children[column];
      if (cell) setText(cell, text);
    });
  });
}

function cellText({ counts, isKnown }: Row, polarity: 0 | 1 | 2): string {
  const count = counts[polarity].toLocaleString('en');
  if (isKnown) return count;
  return sum(counts) === 0 ? '–' : `${count}+`;
}

function minuteRows({ window }: Topic): Row[] {
  return minutesOf(window.cells()).map(({ counts, isKnown }, minute) => {
    return { name: `${minute} to ${minute + 1}`, counts, isKnown };
  });
}

function bucketRows({ past }: Topic, range: Range): Row[] {
  const format = range.row.words === 'the day' ? DAY : TIME;
  const rows = rowsOf(past?.cells ?? [], range).map((cells) => ({
    name: format.format((cells[0]?.from ?? 0) * 1000),
    counts: totalOf(cells),
    isKnown: cells.every(({ isKnown }) => isKnown),
  }));
  return rows.reverse();
}
