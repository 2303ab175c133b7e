// The summary: a row for each topic, so that topics can be compared at a glance. It comes from the server's windows, and
// for a range that is longer than a window can be, from its counts by the hour.

import {
  PastDocument,
  SummaryDocument,
  type SummarySubscription,
} from '../../schema/operations.ts';
import { h, setText, the } from './dom.ts';
import { minutesOf } from './picture.ts';
import { sharesOfVoice, sum, totalOf } from './polarity-counts.ts';
import type { Range } from './range.ts';
import type { Cell } from './rolling-window.ts';
import { atLeast, setCells } from './row-table.ts';
import type { Connection } from './server-connection.ts';
import { cellsOf } from './topic-past.ts';
import { createSign } from './topic-sign.ts';
import type { Topic } from './topic-state.ts';
import { signed, sureBalanceOf } from './wording.ts';

export type Window = SummarySubscription['window'];
/** What a row shows. */
type Summed = Omit<Window, 'to'>;
type Span = Window['previous'];

/** The longest span of a window, in seconds. */
const LONGEST = 86_400;
/** How often a row asks for the span before such a long range, in milliseconds. */
const PACE_BEFORE = 600_000;
/** The cells of a row after its name. */
const EMPTY = Array(5).fill('–');
/** The column of the shares, which depend on all rows. */
const SHARE = 2;

interface Row {
  readonly topic: Topic;
  readonly element: HTMLTableRowElement;
  /** Posts a minute, once they are known. */
  rate: number | undefined;
  /** Whether there is something that the row does not show yet. */
  isNew: boolean;
  readonly update: () => void;
  /** Why the server sends no windows, if it does not. */
  rejection?: string | undefined;
  /** Begins the window. */
  readonly begin: () => () => void;
  /** Ends the window, if it has begun. */
  stop?: (() => void) | undefined;
}

export class Summary {
  readonly #body: HTMLTableSectionElement;
  readonly #connection: Pick<Connection, 'watch' | 'ask' | 'clock'>;
  readonly #onWindow: (topic: Topic, window: Window) => void;
  readonly #note = the('#summary tfoot td', HTMLTableCellElement);
  #range: Range | undefined;
  #rows: readonly Row[] = [];

  /** `onWindow` gets each window of a topic. */
  constructor(
    body: HTMLTableSectionElement,
    connection: Pick<Connection, 'watch' | 'ask' | 'clock'>,
    onWindow: (topic: Topic, window: Window) => void,
  ) {
    this.#body = body;
    this.#connection = connection;
    this.#onWindow = onWindow;
  }

  /** Has a row for each of these topics, in their order. That of a rejected topic is empty. */
  show(topics: readonly Topic[], range: Range): void {
    const before = range === this.#range ? this.#rows : [];
    const kept = before.filter(({ topic }) => topics.includes(topic));
    for (const row of this.#rows) if (!kept.includes(row)) row.stop?.();
    this.#range = range;
    this.#rows = topics.map(
      (topic) => kept.find((row) => row.topic === topic) ?? this.#createRow(topic, range),
    );
    for (const row of this.#rows) {
      if (row.topic.rejection === undefined) row.stop ??= row.begin();
      else {
        row.stop?.();
        row.stop = undefined;
      }
    }
    this.#body.replaceChildren(...this.#rows.map(({ element }) => element));
    this.#showShared();
  }

  /** The server's counts have come. */
  refresh(): void {
    for (const row of this.#rows) row.isNew = true;
  }

  /** Shows what has come. A row that changed at once would cost a drawing of its own. */
  draw(): void {
    const fresh = this.#rows.filter(({ isNew }) => isNew);
    for (const row of fresh) {
      row.isNew = false;
      row.update();
    }
    if (fresh.length > 0) this.#showShared();
  }

  #createRow(topic: Topic, range: Range): Row {
    const { track, place } = topic;
    const name = h('span', { class: 'summed', title: track }, track);
    const element = h(
      'tr',
      {},
      h('th', { scope: 'row' }, h('span', { class: 'named' }, createSign(place), name)),
    );
    for (const text of EMPTY) element.append(h('td', {}, text));
    const isLong = range.seconds > LONGEST;
    let latest: Window | undefined;
    const update = () => {
      if (!latest) {
        row.rate = undefined;
        setCells(element, 1, EMPTY);
        return;
      }
      const summed = isLong ? sumUp(topic.past?.cells ?? [], askBefore(), latest.spike) : latest;
      const [minute] = minutesOf(topic.window.cells());
      const [rate, ...rest] = summarize(summed, minute);
      setCells(element, 1, [rate]);
      setCells(element, SHARE + 1, rest);
      row.rate = rateOf(summed);
    };
    const askBefore = createQuestion(track, range, this.#connection, () => {
      row.isNew = true;
    });
    const variables = { track, span: Math.min(range.seconds, LONGEST) };
    const begin = () => {
      const hear = (window?: Window, rejection?: string) => {
        latest = window;
        row.rejection = rejection;
        row.isNew = true;
      };
      const end = this.#connection.watch(
        SummaryDocument,
        variables,
        ({ window }) => {
          hear(window);
          this.#onWindow(topic, window);
        },
        (reason) => hear(undefined, reason),
      );
      return () => {
        end();
        hear();
      };
    };
    const row: Row = { topic, element, rate: undefined, isNew: false, update, begin };
    return row;
  }

  /** Shows what depends on all rows. */
  #showShared(): void {
    const followed = this.#rows.filter(({ topic }) => topic.rejection === undefined);
    const shares = sharesOfVoice(followed.map(({ rate }) => rate));
    followed.forEach(({ element }, i) => {
      setCells(element, SHARE, [shares ? `${shares[i]} %` : '–']);
    });
    const why = this.#rows.find(({ rejection }) => rejection)?.rejection;
    this.#note.hidden = why === undefined;
    setText(this.#note, why === undefined ? '' : `Some rows stay empty for now. ${why}`);
  }
}

/** Returns a function that gives the cells of the span before the range, and asks for them now and then. */
function createQuestion(
  track: string,
  range: Range,
  connection: Pick<Connection, 'ask' | 'clock'>,
  onAnswer: () => void,
) {
  let before: readonly Cell[] = [];
  let askedAt = 0;
  return (): readonly Cell[] => {
    void ask();
    return before;
  };

  async function ask(): Promise<void> {
    const now = connection.clock.now();
    const { bucket } = range;
    if (!bucket || now - askedAt < PACE_BEFORE) return;
    askedAt = now;
    const time = (spans: number) => new Date(now - spans * range.seconds * 1000).toISOString();
    const span = { from: time(2), to: time(1) };
    const answer = await connection.ask(PastDocument, { track, ...span, bucket: bucket.size });
    if (answer) {
      before = cellsOf(answer.history.buckets, bucket.seconds, now);
      onAnswer();
    } else askedAt = 0;
  }
}

/** What a window would be whose span has these cells. */
export function sumUp(cells: readonly Cell[], before: readonly Cell[], spike: boolean): Summed {
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

/** Posts a minute, the balance, its change since the span before, and the posts of `minute`, the last one, with its spike. */
export function summarize(window: Summed, minute?: Cell): [string, string, string, string] {
  const { posts, previous, spike } = window;
  const rate = rateOf(window);
  const balance = balanceOfSpan(window);
  const before = balanceOfSpan(previous);
  const change = balance === undefined || before === undefined ? undefined : balance - before;
  return [
    rate?.toLocaleString('en', { maximumFractionDigits: rate < 10 ? 1 : 0 }) ?? '–',
    posts > 0 && balance === undefined ? 'few posts' : signed(balance),
    signed(change),
    [minute ? atLeast(minute, sum(minute.counts)) : '–', ...(spike ? ['▲\u00a0spike'] : [])].join(
      ' ',
    ),
  ];
}

/** Posts a minute. Of few posts in less than a minute, nobody knows what a minute brings. */
function rateOf(window: Summed): number | undefined {
  const { posts, postsPerMinute } = window;
  const isGuess = balanceOfSpan(window) === undefined && (postsPerMinute ?? 0) > posts;
  return isGuess ? undefined : (postsPerMinute ?? undefined);
}

function balanceOfSpan({ positive, negative, neutral }: Span): number | undefined {
  return sureBalanceOf([positive, negative, neutral]);
}
