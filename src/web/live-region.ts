// What a screen reader is told without being asked: politely, and not often.

import { setText } from './dom.ts';
import { balanceOf } from './rolling-window.ts';
import type { Topic } from './topic-state.ts';
import { moodOf, signed } from './wording.ts';

/** A topic is spoken of this often at the most, in milliseconds, … */
const PACE = 30_000;
/** … and only when its balance has moved by this much. */
const NEWS = 10;

export function createAnnouncer(region: HTMLElement) {
  const told = new WeakMap<Topic, { at: number; balance: number | undefined }>();
  return {
    say: (text: string) => setText(region, text),
    /** Speaks of the topics whose balance is news. */
    review(topics: readonly Topic[], now: number): void {
      const news = topics.filter((topic) => isNews(topic, now));
      if (news.length > 0) setText(region, news.map(sentence).join(' '));
    },
  };

  function isNews(topic: Topic, now: number): boolean {
    const balance = balanceOf(topic.window.totals);
    const last = told.get(topic) ?? { at: now - PACE + 5000, balance: undefined };
    if (!told.has(topic)) told.set(topic, last);
    if (balance === undefined || now - last.at < PACE) return false;
    if (last.balance !== undefined && Math.abs(balance - last.balance) < NEWS) return false;
    told.set(topic, { at: now, balance });
    return true;
  }
}

function sentence(topic: Topic): string {
  const balance = balanceOf(topic.window.totals);
  return `${topic.track}: ${moodOf(balance).toLowerCase()}, balance ${signed(balance)}.`;
}
