// One topic on the page: balance, share bar and table, chart, hashtags and the latest events. index.html has its markup.

import { type ChartScale, createChart } from './chart.ts';
import { h, isHeld, setText, the, watchSight } from './dom.ts';
import { OUT_OF_SIGHT } from './drawing-pace.ts';
import { createEventList } from './event-list.ts';
import type { Moment } from './moment.ts';
import type { Picture } from './picture.ts';
import { type Counts, sharesOf, sum } from './polarity-counts.ts';
import { createTag, type PostActions } from './post-row.ts';
import type { Range } from './range.ts';
import { SHOWN, setCells, showRows } from './row-table.ts';
import { createSign } from './topic-sign.ts';
import type { Topic } from './topic-state.ts';
import {
  counted,
  describeFew,
  describeMissing,
  moodOf,
  sideOf,
  signed,
  sureBalanceOf,
} from './wording.ts';

const TOP_TAGS = 8;

export interface TopicActions extends PostActions {
  /** Stops tracking this topic. */
  stop(): void;
  /** Tracks another topic in place of this one. */
  replace(track: string): void;
}

export function createTopicView(topic: Topic, first: Range, moment: Moment, actions: TopicActions) {
  const { track, window } = topic;
  const copy = document.importNode(the('#topic', HTMLTemplateElement).content, true);
  const part = (selector: string) => the(selector, HTMLElement, copy);
  const parts = (selector: string) => [...copy.querySelectorAll<HTMLElement>(selector)];

  const element = part('.topic');
  element.ariaLabel = track;
  part('h2').title = track;
  element.dataset.place = String(topic.place);
  part('h2').before(createSign(topic.place));
  for (const name of parts('.track')) name.textContent = track;
  const close = part('.close');
  close.ariaLabel = `Stop tracking ${track}`;
  close.addEventListener('click', actions.stop);

  const rejection = part('.rejection');
  const reason = part('.reason');
  const correction = the('.correction input', HTMLInputElement, copy);
  correction.ariaLabel = `In place of ${track}`;
  correction.value = track;
  part('.correction').addEventListener('submit', (submit) => {
    submit.preventDefault();
    actions.replace(correction.value.trim());
  });
  const understood = part('.understood');
  const picture = part('.picture');
  const number = part('.number');
  const mood = part('.mood');
  const basis = part('.basis');
  const bar = parts('.bar i');
  const shares = copy.querySelectorAll<HTMLTableRowElement>('.shares tbody tr');
  const chartHost = part('.chart');
  const unfolding = the('details', HTMLDetailsElement, copy);
  unfolding.addEventListener('toggle', showTable);
  const table = the('.minutes', HTMLTableElement, copy);
  const noTags = part('.empty');
  const tags = part('.tags');
  const areTagsInSight = watchSight(tags, showTags);
  const showEvents = createEventList(part('.latest'), topic, actions);
  const missing = part('.missing');

  let range = first;
  let shown: Picture | undefined;
  let chart: ReturnType<typeof createChart> | undefined;
  /** Whether the numbers are of another range, or of counts that have just come. */
  let isNew = true;
  let tagsAt = 0;

  setRange(first);
  return {
    element,
    setRange,
    /** The width of the chart, in pixels of CSS; 0 while it is out of sight. */
    get pixels(): number {
      return chart?.pixels ?? 0;
    },
    /** Draws the chart, at a time in milliseconds. */
    draw(next: Picture, now: number, scale: ChartScale): void {
      if (topic.rejection !== undefined) return;
      showRejection();
      // The server's counts have come.
      if (next.totals !== shown?.totals) isNew = true;
      shown = next;
      chart ??= createChart(chartHost, range, moment);
      chart.draw(next, now / 1000, scale);
    },
    /** Shows everything else, at a time in milliseconds. What a person reads changes only when it `isTime`, or is new. */
    render(now: number, isTime: boolean): void {
      showRejection();
      if (topic.rejection !== undefined) return;
      showCanonical();
      if (isTime || isNew) {
        showNumbers(now);
        const isDue = !noTags.hidden || Math.abs(now - tagsAt) >= OUT_OF_SIGHT;
        if (isNew || areTagsInSight() || isDue) {
          tagsAt = now;
          showTags();
        }
        showTable();
        isNew = false;
      }
      if (isTime) showEvents();
    },
    focus: () => close.focus(),
    /** Says why the topic is rejected, with the focus where it can be corrected. */
    correct(): void {
      showRejection();
      correction.select();
    },
    destroy(): void {
      chart?.destroy();
      element.remove();
    },
  };

  function showRejection(): void {
    const isTracked = topic.rejection === undefined;
    if (isTracked && rejection.contains(document.activeElement)) close.focus();
    rejection.hidden = isTracked;
    picture.hidden = !isTracked;
    setText(reason, topic.rejection ?? '');
  }

  function showCanonical(): void {
    const { canonical = track } = topic;
    understood.hidden = canonical === track;
    setText(the('code', HTMLElement, understood), canonical);
  }

  function setRange(next: Range): void {
    range = next;
    shown = undefined;
    chart?.destroy();
    chart = undefined;
    isNew = true;
    const { bucket, words, row } = range;
    const named = (selector: string) => element.querySelectorAll(selector);
    const unit = `Posts ${bucket?.words ?? 'a second'}`;
    for (const part of named('.unit')) part.textContent = unit;
    for (const part of named('.range')) part.textContent = words;
    for (const part of named('.row')) part.textContent = row.words;
    chartHost.ariaLabel = `${unit} on ${track} in the last ${words}: positive above the line, negative below it, neutral dotted. The same by ${row.words} is in the table that follows. Arrow keys tell the counts of a moment.`;
  }

  function showNumbers(now: number): void {
    const totals: Readonly<Counts> = shown?.totals ?? [0, 0, 0];
    const posts = sum(totals);
    const balance = sureBalanceOf(totals);
    setText(number, signed(balance));
    number.dataset.side = sideOf(balance);
    const isWhole = shown?.isWhole ?? false;
    const few = describeFew(posts, isWhole ? range.words : undefined, topic.latest.length > 0);
    setText(mood, balance === undefined ? few : moodOf(balance));
    setText(basis, posts === 0 ? '' : describeBasis(counted(posts, 'post'), range, isWhole));
    const percentages = sharesOf(totals);
    SHOWN.forEach((polarity, i) => {
      const segment = bar[i];
      if (segment) {
        segment.style.flexGrow = String(totals[polarity]);
        // Without a width, it would still have a gap.
        segment.hidden = totals[polarity] === 0;
      }
      const count = totals[polarity].toLocaleString('en');
      setCells(shares[i], 1, [count, `${percentages[polarity]} %`]);
    });
    setText(missing, describeMissing(topic, now - range.seconds * 1000, now));
  }

  function showTags(): void {
    if (isHeld(tags)) return;
    const top = (topic.past ?? window).topTags(TOP_TAGS);
    noTags.hidden = top.length > 0;
    while (tags.children.length > top.length) tags.lastChild?.remove();
    top.forEach(([tag, count], i) => {
      const item =
        tags.children[i] ?? tags.appendChild(h('li', {}, createTag(tag, actions), h('b')));
      if (item.children[0]) setText(item.children[0], `#${tag}`);
      if (item.children[1]) setText(item.children[1], String(count));
    });
  }

  function showTable(): void {
    if (unfolding.open) showRows(table, topic, range);
  }
}

function describeBasis(posts: string, { bucket, words }: Range, isWhole: boolean): string {
  if (isWhole) return `${posts} in the last ${words}`;
  return bucket ? `At least ${posts} in the last ${words}` : `${posts} so far`;
}
