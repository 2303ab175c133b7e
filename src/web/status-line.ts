// The line at the top and the title of the tab: how connection and sources are, and how people feel.

import type { StatusQuery } from '../../schema/operations.ts';
import { setText, the } from './dom.ts';
import type { ConnectionState } from './server-connection.ts';
import type { Topic } from './topic-state.ts';
import { describe, sureBalanceOf, titleOf } from './wording.ts';

/** In milliseconds. A hidden page has no frames to draw in, but its title shows. */
const TITLE_PACE = 2000;

interface Shown {
  readonly connection: ConnectionState;
  readonly sources: StatusQuery['status']['sources'] | undefined;
  readonly topics: readonly Topic[];
  readonly now: number;
}

/** Returns a function that shows what `shown` tells. `say` announces a new state. */
export function createStatusLine(shown: () => Shown, say: (text: string) => void): () => void {
  const line = the('#status', HTMLElement);
  const sentence = the('#status-text', HTMLElement);
  const aboutSample = the('#about-sample', HTMLElement);
  setInterval(showTitle, TITLE_PACE);

  function describeNow() {
    const { connection, sources, topics, now } = shown();
    const isTracking = topics.some(({ rejection }) => rejection === undefined);
    return describe(connection, sources, isTracking, now);
  }

  function showTitle(): void {
    const { topics, now } = shown();
    const balances = topics.map(({ track, window }) => {
      window.advance(now);
      return { track, balance: sureBalanceOf(window.totals) };
    });
    const title = titleOf(balances, describeNow().tone);
    if (document.title !== title) document.title = title;
  }

  return () => {
    const { connection, sources } = shown();
    const { tone, text } = describeNow();
    if (sentence.textContent !== text) {
      setText(sentence, text);
      if (connection.name !== 'connecting') say(text);
    }
    line.dataset.tone = tone;
    showTitle();
    aboutSample.classList.toggle('unshown', sources?.[0]?.name !== 'sample');
  };
}
