// Topics to click on. They are links, so that they can be shared and opened in new tabs.

import { h } from './dom.ts';
import { addressOf, isAmong, MAX_TOPICS } from './page-address.ts';
import { readRange } from './range.ts';

/** What the sample talks about most. */
export const SAMPLE_TOPICS = [
  'coffee',
  'tea',
  'football',
  'music',
  'weather',
  'train',
  'dogs',
  'pizza',
  'running',
  'film',
  'phone',
  'rust',
];

/** Everyday words, which people post about at any time, and which the sample knows. */
const TOPICS = ['coffee', 'football', 'music', 'weather', 'pizza', 'film'];
const RIVALS = [['coffee', 'tea']];

/** The topics to offer to a page with these topics, to start with or to compare with. */
export function suggest(topics: readonly string[]): readonly (readonly string[])[] {
  if (topics.length === 0) return [...TOPICS.map((topic) => [topic]), ...RIVALS];
  if (topics.length >= MAX_TOPICS) return [];
  const more = ['tea', ...TOPICS].filter((topic) => !isAmong(topics, topic));
  return more.slice(0, 3).map((topic) => [...topics, topic]);
}

export function showSuggestions(
  nav: HTMLElement,
  topics: readonly string[],
  onChoice: (topics: readonly string[]) => void,
): void {
  const links = suggest(topics).map((choice) => {
    const added = choice.filter((topic) => !isAmong(topics, topic));
    const link = h(
      'a',
      { href: addressOf(choice, readRange(location.search)) },
      added.join(' against '),
    );
    link.addEventListener('click', (click) => {
      // The browser handles clicks that open a new tab or window.
      if (click.ctrlKey || click.metaKey || click.shiftKey || click.button !== 0) return;
      click.preventDefault();
      onChoice(choice);
    });
    return link;
  });
  const lead = topics.length === 0 ? 'Try' : 'Compare with';
  nav.replaceChildren(...(links.length > 0 ? [h('span', {}, lead), ...links] : []));
}

/** Ends the sentence about what the sample knows. */
export function showSampleTopics(paragraph: HTMLElement, add: (track: string) => void): void {
  const buttons = SAMPLE_TOPICS.map((topic) => {
    const button = h('button', { type: 'button', class: 'tag' }, topic);
    button.addEventListener('click', () => add(topic));
    return button;
  });
  paragraph.append(...buttons.flatMap((button, i) => [i === 0 ? ' ' : ', ', button]), '.');
}
