// One topic on the page: balance, share bar and table, chart, hashtags and the latest events.

import { type Chart, type ChartScale, createChart } from './chart.ts';
import { h, setText } from './dom.ts';
import { createEventList } from './event-list.ts';
import { balanceOf, type Counts, type Curves, sharesOf, WINDOW_SECONDS } from './rolling-window.ts';
import type { Topic } from './topic-state.ts';
import { counted, moodOf, sideOf, signed } from './wording.ts';

/** The shortest time between two changes of the lists, so that they can be read; in milliseconds. */
const LIST_PACE = 500;
const NUMBER_PACE = 120;
const TOP_TAGS = 8;

const POLARITIES = ['positive', 'negative', 'neutral'] as const;
/** The order on the page, with neutral in the middle. */
const SHOWN = [0, 2, 1] as const;

export interface TopicView {
  readonly element: HTMLElement;
  readonly heading: HTMLElement;
  /** Draws the topic. Called once a frame, with the time in milliseconds. */
  render(curves: Curves, now: number, scale: ChartScale): void;
  destroy(): void;
}

export function createTopicView(topic: Topic, onClose: () => void): TopicView {
  const heading = h('h2', { title: topic.track, tabindex: '-1' }, topic.track);
  const close = h('button', {
    type: 'button',
    class: 'close',
    'aria-label': `Stop tracking ${topic.track}`,
  });
  close.addEventListener('click', onClose);

  const number = h('span', { class: 'number' }, '–');
  const mood = h('span', { class: 'mood' });
  const basis = h('span', { class: 'basis' });
  const bar = h(
    'div',
    { class: 'bar', 'aria-hidden': 'true' },
    ...SHOWN.map((i) => h('i', { class: POLARITIES[i] })),
  );
  const shares = createShareTable(topic.track);
  const minutes = createMinuteTable(topic);
  const chartHost = h('div', {
    class: 'chart',
    role: 'img',
    'aria-label': `Posts a second on ${topic.track} in the last five minutes: positive above the line, negative below it, neutral dotted. The same by the minute is in the table that follows.`,
  });
  const tags = h('ul', { class: 'tags' });
  const noTags = h('p', { class: 'empty' }, 'None so far');
  const events = createEventList(topic);
  const dropped = h('p', { class: 'dropped' });
  const rejection = h('p', { class: 'rejection', hidden: true });

  const picture = h(
    'div',
    { class: 'picture' },
    h(
      'div',
      { class: 'balance' },
      h('h3', {}, 'Balance'),
      h('p', {}, number),
      h('p', {}, mood, basis),
      bar,
      shares.element,
    ),
    h(
      'figure',
      {},
      h('figcaption', {}, 'Posts a second', h('span', {}, 'neutral is dotted')),
      chartHost,
      minutes.element,
    ),
    h('section', { class: 'with' }, h('h3', {}, 'Hashtags'), noTags, tags),
    h('section', { class: 'latest' }, h('h3', {}, 'Latest'), events.element, dropped),
  );
  const element = h(
    'article',
    { class: 'topic', 'aria-label': topic.track },
    h('header', {}, heading, close),
    rejection,
    picture,
  );

  let chart: Chart | undefined;
  let listsAt = 0;
  let numbersAt = 0;

  return {
    element,
    heading,
    render(curves, now, scale) {
      if (topic.rejection !== undefined) {
        if (!rejection.hidden) return;
        rejection.hidden = false;
        picture.hidden = true;
        rejection.append(h('strong', {}, 'Not tracked. '), topic.rejection);
        return;
      }
      chart ??= createChart(chartHost);
      chart.draw(curves, now / 1000, scale);
      if (now - numbersAt >= NUMBER_PACE) {
        numbersAt = now;
        showNumbers();
      }
      if (now - listsAt >= LIST_PACE) {
        listsAt = now;
        showLists();
      }
    },
    destroy() {
      chart?.destroy();
      element.remove();
    },
  };

  function showNumbers(): void {
    const { totals } = topic.window;
    const balance = balanceOf(totals);
    setText(number, signed(balance));
    number.dataset.side = sideOf(balance);
    setText(mood, moodOf(balance));
    const all = totals[0] + totals[1] + totals[2];
    setText(
      basis,
      all === 0 ? '' : `${counted(all, 'post')} ${isFull() ? 'in five minutes' : 'so far'}`,
    );
    SHOWN.forEach((polarity, i) => {
      const part = bar.children[i];
      if (part instanceof HTMLElement) part.style.flexGrow = String(totals[polarity]);
    });
    shares.show(totals);
    setText(
      dropped,
      topic.dropped === 0
        ? ''
        : `${counted(topic.dropped, 'event')} dropped, because this connection was too slow.`,
    );
  }

  function isFull(): boolean {
    const { since } = topic.window;
    return since !== undefined && Date.now() - since >= WINDOW_SECONDS * 1000;
  }

  function showLists(): void {
    const top = topic.window.topTags(TOP_TAGS);
    noTags.hidden = top.length > 0;
    while (tags.children.length > top.length) tags.lastChild?.remove();
    top.forEach(([tag, count], i) => {
      const item = tags.children[i] ?? tags.appendChild(h('li', {}, h('span'), h('b')));
      if (item.children[0]) setText(item.children[0], `#${tag}`);
      if (item.children[1]) setText(item.children[1], String(count));
    });
    events.show();
    minutes.show();
  }
}

/** The numbers under the bar, which also are its legend. */
function createShareTable(track: string) {
  const rows = SHOWN.map((i) => {
    const name = POLARITIES[i] ?? '';
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, h('i', { class: `mark ${name}`, 'aria-hidden': 'true' }), name),
      h('td', {}, '0'),
      h('td', {}, '0 %'),
    );
  });
  const head = h(
    'tr',
    {},
    ...['Sentiment', 'Posts', 'Share'].map((name) => h('th', { scope: 'col' }, name)),
  );
  const element = h(
    'table',
    { class: 'shares' },
    h('caption', { class: 'unseen' }, `Posts on ${track} in the last five minutes`),
    h('thead', { class: 'unseen' }, head),
    h('tbody', {}, ...rows),
  );
  return {
    element,
    show(counts: Readonly<Counts>) {
      const shares = sharesOf(counts);
      SHOWN.forEach((polarity, i) => {
        const [, posts, share] = rows[i]?.children ?? [];
        if (posts) setText(posts, counts[polarity].toLocaleString('en'));
        if (share) setText(share, `${shares[polarity]} %`);
      });
    },
  };
}

/** The chart as numbers. Updated only while it is unfolded. */
function createMinuteTable(topic: Topic) {
  const body = h('tbody');
  const head = h(
    'tr',
    {},
    ...['Minutes ago', 'Positive', 'Neutral', 'Negative'].map((name) =>
      h('th', { scope: 'col' }, name),
    ),
  );
  const table = h(
    'table',
    {},
    h('caption', { class: 'unseen' }, `Posts on ${topic.track} by the minute`),
    h('thead', {}, head),
    body,
  );
  const element = h('details', {}, h('summary', {}, 'By the minute'), table);
  function show(): void {
    if (!element.open) return;
    for (const { minutesAgo, counts } of topic.window.minutes()) {
      const row =
        body.children[minutesAgo - 1] ??
        body.appendChild(
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, `${minutesAgo - 1} to ${minutesAgo}`),
            ...SHOWN.map(() => h('td')),
          ),
        );
      SHOWN.forEach((polarity, i) => {
        const cell = row.children[i + 1];
        if (cell) setText(cell, counts[polarity].toLocaleString('en'));
      });
    }
  }
  element.addEventListener('toggle', show);
  return { element, show };
}
