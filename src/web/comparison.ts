// The comparison of two topics or more in one place: how much is said of each, and with which balance.

import { roundUp } from './chart-scale.ts';
import { drawSpans } from './chart-spans.ts';
import { type Compared, compare, inSteps, type Kind, type Moments } from './compare.ts';
import { describeSpan } from './crosshair.ts';
import { h, the } from './dom.ts';
import type { Moment } from './moment.ts';
import { cellsIn, countedUntil } from './picture.ts';
import { createPlot, dashed, short } from './plot.ts';
import { sharesOfVoice, sum } from './polarity-counts.ts';
import type { Range } from './range.ts';
import type { Cell } from './rolling-window.ts';
import { atLeast, fillRows, type Row, rowsOfTopic, whenOf } from './row-table.ts';
import { createSign, DASHES } from './topic-sign.ts';
import type { Topic } from './topic-state.ts';
import { counted, signed, sureBalanceOf } from './wording.ts';

/** A balance is seldom beyond these; the axis ends at one of them. */
const BALANCES = [25, 50, 100];

export function createComparison(moment: Moment) {
  const section = the('#comparison', HTMLElement);
  let shown: readonly [Range, ...Topic[]] | undefined;
  let figures: readonly ReturnType<typeof createFigure>[] = [];

  return {
    /**
     * Shows the topics at a time in milliseconds, with the seconds before it that all charts show. Live lines move only
     * when it `isTime`.
     */
    draw(all: readonly Topic[], range: Range, now: number, back: number, isTime: boolean): void {
      const topics = all.filter(({ rejection }) => rejection === undefined);
      const next = [range, ...topics] as const;
      const isNew = shown?.length !== next.length || next.some((it, i) => it !== shown?.[i]);
      if (!isNew && !range.bucket && !isTime) return;
      section.hidden = topics.length < 2;
      if (isNew) {
        shown = next;
        for (const { destroy } of figures) destroy();
        const kinds: readonly Kind[] = section.hidden ? [] : ['voice', 'balances'];
        figures = kinds.map((kind) => createFigure(kind, topics, range, moment));
      }
      if (section.hidden) return;
      const cells = topics.map((topic) =>
        inSteps(cellsIn(topic, range), range).filter(
          ({ to }) => to * 1000 <= countedUntil(topic, range, now),
        ),
      );
      for (const figure of figures) figure.draw(cells, now / 1000, back);
    },
  };
}

function createFigure(kind: Kind, topics: readonly Topic[], range: Range, moment: Moment) {
  const figure = the(`#${kind}`, HTMLElement);
  const host = the('.chart', HTMLElement, figure);
  const unfolding = the('details', HTMLDetailsElement, figure);
  const table = the('table', HTMLTableElement, figure);
  const isVoice = kind === 'voice';
  let compared: Compared | undefined;
  let heights: readonly [number, number] = isVoice ? [0, 1] : [-25, 25];

  const unit = `posts ${range.bucket?.words ?? 'a second'}`;
  for (const part of figure.querySelectorAll('.unit')) part.textContent = unit;
  for (const part of figure.querySelectorAll('.row')) part.textContent = range.row.words;
  const names = topics.map(({ track }) => track).join(', ');
  const what = isVoice ? `Share of voice: ${unit}` : 'Balance over time';
  host.ariaLabel = `${what} of ${names} in the last ${range.words}. The same by ${range.row.words} is in the table that follows. Arrow keys tell the counts of a moment.`;
  the('.when', HTMLElement, table).textContent = whenOf(range);
  const head = table.tHead?.rows[0];
  while (head && head.cells.length > 1) head.lastChild?.remove();
  for (const { track, place } of topics) {
    head?.append(h('th', { scope: 'col' }, createSign(place), ` ${track}`));
  }

  const plot = createPlot(host, {
    range,
    moment,
    series: (color) =>
      topics.map(({ place }) => dashed(color(`topic-${place}`), DASHES[place] ?? [])),
    heights: () => heights,
    room: isVoice ? 34 : 42,
    label: (height) => (isVoice ? short(height) : signed(height)),
    drawUnder: (plot, color) =>
      drawSpans(plot, compared && { unknown: compared.unknown, partial: [] }, color),
    describe(at) {
      const told = tell(at);
      const lines = topics.map(({ track }, i) => `${track} ${told.texts[i]?.join(', ')}`);
      return `${told.when}: ${lines.join('; ')}`;
    },
    fill(tip, at) {
      const { when, texts } = tell(at);
      const rows = topics.map(({ track, place }, i) => {
        const name = h('th', {}, createSign(place), ` ${track}`);
        return h('tr', {}, name, ...(texts[i] ?? []).map((text) => h('td', {}, text)));
      });
      tip.replaceChildren(h('b', {}, when), h('table', {}, h('tbody', {}, ...rows)));
    },
  });

  /** What a moment was like, topic by topic. */
  function tell(at: number): { when: string; texts: readonly (readonly string[])[] } {
    const moments = compared?.at(at);
    const when = describeSpan(moments ?? { from: at, to: at }, range);
    return { when, texts: (isVoice ? voices : balances)(moments, topics.length) };
  }

  function showTable(): void {
    if (!unfolding.open) return;
    const all = topics.map((topic) => rowsOfTopic(topic, range));
    const lead = all.reduce((most, rows) => (rows.length > most.length ? rows : most), []);
    fillRows(
      table,
      lead.map(({ begin, name }) => {
        const rows = all.map((own) => own.find((row) => row.begin === begin));
        return [name, ...(isVoice ? voiceCells(rows) : rows.map(balanceCell))];
      }),
    );
  }
  unfolding.addEventListener('toggle', showTable);

  return {
    draw(cells: readonly (readonly Cell[])[], now: number, back: number): void {
      compared = compare(cells, range, kind);
      const { times, lines } = compared;
      const most = lines.reduce((high, line) => highest(line, high), 0);
      const top = isVoice ? roundUp(most) : (BALANCES.find((end) => end >= most) ?? 100);
      heights = [isVoice ? 0 : -top, top];
      plot.draw([times, ...lines], now, back);
      showTable();
    },
    destroy(): void {
      plot.destroy();
      unfolding.removeEventListener('toggle', showTable);
      host.replaceChildren();
    },
  };
}

function highest(line: readonly (number | null)[], least: number): number {
  return line.reduce<number>((high, value) => Math.max(high, Math.abs(value ?? 0)), least);
}

function voices(moments: Moments | undefined, topics: number): string[][] {
  const posts = Array.from({ length: topics }, (_, i) => {
    const counts = moments?.counts[i];
    return counts && sum(counts);
  });
  const shares = sharesOfVoice(posts);
  return posts.map((count, i) => {
    if (count === undefined) return ['not known'];
    return [counted(count, 'post'), ...(shares ? [`${shares[i]} %`] : [])];
  });
}

function balances(moments: Moments | undefined, topics: number): string[][] {
  return Array.from({ length: topics }, (_, i) => {
    const counts = moments?.counts[i];
    if (!counts) return ['not known'];
    const posts = sum(counts);
    if (posts === 0) return ['no posts'];
    const balance = sureBalanceOf(counts);
    return [balance === undefined ? 'few posts' : signed(balance), counted(posts, 'post')];
  });
}

function voiceCells(rows: readonly (Row | undefined)[]): string[] {
  const shares = sharesOfVoice(rows.map((row) => (row?.isKnown ? sum(row.counts) : undefined)));
  return rows.map((row, i) => {
    const posts = row ? atLeast(row, sum(row.counts)) : '–';
    return shares ? `${posts} (${shares[i]} %)` : posts;
  });
}

function balanceCell(row: Row | undefined): string {
  if (!row || sum(row.counts) === 0) return '–';
  const balance = sureBalanceOf(row.counts);
  return balance === undefined ? 'few posts' : signed(balance);
}
