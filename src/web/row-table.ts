// The table under a chart: its counts in rows, the newest first.

import { h, setText, the } from './dom.ts';
import { cellsIn, minutesOf, rowsOf } from './picture.ts';
import { type Counts, sum, totalOf } from './polarity-counts.ts';
import type { Range } from './range.ts';
import type { Topic } from './topic-state.ts';
import { HOUR_AND_MINUTE } from './wording.ts';

/** The order of polarities on the page, with neutral in the middle. */
export const SHOWN = [0, 2, 1] as const;

const DAY = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'short' });

export interface Row {
  /** Rows of different topics about the same time have the same. */
  readonly begin: number;
  readonly name: string;
  readonly counts: Readonly<Counts>;
  /** Whether all posts are counted. */
  readonly isKnown: boolean;
}

export function showRows(table: HTMLTableElement, topic: Topic, range: Range): void {
  setText(the('.when', HTMLElement, table), whenOf(range));
  const rows = rowsOfTopic(topic, range);
  fillRows(
    table,
    rows.map((row) => [row.name, ...SHOWN.map((polarity) => atLeast(row, row.counts[polarity]))]),
  );
}

/** What the first column of a table says. */
export function whenOf({ bucket }: Range): string {
  return bucket ? 'From' : 'Minutes ago';
}

/** Makes the body of a table anew. A row begins with its name. */
export function fillRows(table: HTMLTableElement, rows: readonly (readonly string[])[]): void {
  const body = table.tBodies[0];
  if (!body) return;
  while (body.rows.length > rows.length) body.lastChild?.remove();
  rows.forEach((texts, i) => {
    const row = body.rows[i] ?? body.appendChild(h('tr'));
    texts.forEach((text, column) => {
      const cell =
        row.children[column] ?? row.appendChild(column === 0 ? h('th', { scope: 'row' }) : h('td'));
      setText(cell, text);
    });
  });
}

/** Sets the cells of a row, from a column on. */
export function setCells(
  row: HTMLTableRowElement | undefined,
  from: number,
  texts: readonly string[],
): void {
  texts.forEach((text, i) => {
    const cell = row?.cells[from + i];
    if (cell) setText(cell, text);
  });
}

/** A count of a row, which may lack posts. */
export function atLeast(
  { counts, isKnown }: Pick<Row, 'counts' | 'isKnown'>,
  count: number,
): string {
  if (isKnown) return count.toLocaleString('en');
  return sum(counts) === 0 ? '–' : `${count.toLocaleString('en')}+`;
}

/** The newest first. */
export function rowsOfTopic(topic: Topic, range: Range): Row[] {
  const cells = cellsIn(topic, range);
  if (!range.bucket) {
    return minutesOf(cells).map(({ counts, isKnown }, minute) => {
      return { begin: minute, name: `${minute} to ${minute + 1}`, counts, isKnown };
    });
  }
  const format = range.row.words === 'the day' ? DAY : HOUR_AND_MINUTE;
  const rows = rowsOf(cells, range).map((cells) => {
    const begin = cells[0]?.from ?? 0;
    return {
      begin,
      name: format.format(begin * 1000),
      counts: totalOf(cells),
      isKnown: cells.every(({ isKnown }) => isKnown),
    };
  });
  return rows.reverse();
}
