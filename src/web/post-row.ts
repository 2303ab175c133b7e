// One post: its score, text, hashtags, source, time and link, and on demand the words that made the score.

import type { AnalyzeQuery } from '../../schema/operations.ts';
import { h } from './dom.ts';
import type { Heard } from './topic-state.ts';
import { clockTime, nameOf, scored } from './wording.ts';

const TAGS_SHOWN = 5;

type Words = AnalyzeQuery['analyze']['words'];

export interface PostActions {
  /** Tracks one more topic. */
  add(track: string): void;
  /** The words that made the score of a text; undefined if the server does not say. */
  explain(text: string): Promise<Words | undefined>;
}

export function createPostRow({ event, at }: Heard, actions: PostActions): HTMLElement {
  const { polarity, score, hashtags, post } = event;
  const name = polarity.toLowerCase();
  const tags = hashtags.slice(0, TAGS_SHOWN).map(({ tag }) => createTag(tag, actions));
  return h(
    'li',
    {},
    h(
      'p',
      { class: 'about' },
      h('i', { class: `mark ${name}`, 'aria-hidden': 'true' }),
      h('span', { class: 'score' }, h('span', { class: 'unseen' }, `${name}, `), scored(score)),
      h('span', { class: 'origin' }, nameOf(post.source)),
      linkTo(post, post.createdAt ?? new Date(at).toISOString(), at),
    ),
    h(
      'p',
      { class: 'text', dir: 'auto', lang: post.lang ?? undefined },
      post.text ?? withheld(post.source),
    ),
    ...(tags.length > 0 ? [h('p', { class: 'post-tags' }, ...tags)] : []),
    ...(post.text ? [explanation(post.text, score, actions)] : []),
  );
}

/** A hashtag that becomes a topic when it is clicked. */
export function createTag(tag: string, { add }: Pick<PostActions, 'add'>): HTMLElement {
  const button = h('button', { type: 'button', class: 'tag' }, `#${tag}`);
  button.addEventListener('click', () => add(button.textContent));
  return button;
}

function withheld(source: string): string {
  return source === 'x'
    ? 'The terms of X forbid passing on its text. Follow the link to read it.'
    : 'This server does not pass on texts.';
}

/** A link to the post, or its time alone. Only web addresses become links. */
function linkTo(post: Heard['event']['post'], written: string, now: number): HTMLElement {
  const time = clockTime(written, now);
  const label = h('time', { datetime: written, title: new Date(written).toLocaleString() }, time);
  if (!post.url || !/^https?:\/\//i.test(post.url)) return label;
  const rest = { href: post.url, target: '_blank', rel: 'noopener noreferrer' };
  const name = `Read the post of ${time} on ${nameOf(post.source)}, opens a new tab`;
  return h('a', { ...rest, 'aria-label': name }, label, ' ↗');
}

function explanation(text: string, score: number, { explain }: PostActions): HTMLElement {
  const details = h('details', { class: 'why' }, h('summary', {}, `Why ${scored(score)}?`));
  details.addEventListener('toggle', async () => {
    if (!details.open || details.childElementCount > 1) return;
    const answer = h('p', {}, 'Asking…');
    details.append(answer);
    const words = await explain(text);
    if (words === undefined) {
      // Opened again, it asks again.
      details.open = false;
      return answer.remove();
    }
    answer.replaceWith(words.length > 0 ? listOf(words) : h('p', {}, 'No word in it has a value.'));
  });
  return details;
}

function listOf(words: Words): HTMLElement {
  const items = words.map(({ word, valence }) =>
    h(
      'li',
      { class: valence > 0 ? 'positive' : 'negative' },
      `${word} `,
      h('b', {}, scored(valence)),
    ),
  );
  return h('ul', { class: 'words', 'aria-label': 'The words that made the score' }, ...items);
}
