// The latest events of a topic. The list holds still under the pointer and while it has the focus.

import { h } from './dom.ts';
import type { Heard, Topic } from './topic-state.ts';
import { clockTime } from './wording.ts';

const TAGS_SHOWN = 3;

/** Returns a function that shows the latest events of `topic` in `list`. */
export function createEventList(list: HTMLElement, topic: Topic): () => void {
  let shown: readonly Heard[] = [];
  return () => {
    if (shown === topic.latest || list.matches(':hover, :focus-within')) return;
    shown = topic.latest;
    list.replaceChildren(...shown.map(row));
  };
}

function row({ event, at }: Heard): HTMLElement {
  const { polarity, score, hashtags, post } = event;
  const name = polarity.toLowerCase();
  const tags = hashtags.slice(0, TAGS_SHOWN).map(({ tag }) => `#${tag}`);
  const time = clockTime(at);
  return h(
    'li',
    {},
    h('i', { class: `mark ${name}`, 'aria-hidden': 'true' }),
    h('span', { class: 'score' }, h('span', { class: 'unseen' }, `${name}, `), scored(score)),
    h('span', { class: 'said' }, tags.join(' ')),
    linkTo(post, time),
  );
}

/** A link to the post, or its time alone. Only web addresses become links. */
function linkTo(post: Heard['event']['post'], time: string): HTMLElement {
  const label = h('time', {}, time);
  if (!post.url || !/^https?:\/\//i.test(post.url)) return label;
  const rest = { href: post.url, target: '_blank', rel: 'noopener noreferrer' };
  return h(
    'a',
    { ...rest, 'aria-label': `Read the post of ${time}, opens a new tab` },
    label,
    ' ↗',
  );
}

function scored(score: number): string {
  const text = Math.abs(score).toFixed(2);
  return score > 0 ? `+${text}` : score < 0 ? `−${text}` : text;
}
