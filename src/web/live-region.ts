// The live region: what screen readers announce by themselves, politely and seldom.

import { setText } from './dom.ts';
import type { Topic } from './topic-state.ts';
import { moodOf, signed, sureBalanceOf } from './wording.ts';

/** The shortest time between two announcements of a topic, in milliseconds. */
const PACE = 30_000;
/** The change of balance that is worth an announcement. */
const NEWS = 10;

export function createLiveRegion(region: HTMLElement) {
  const told = new WeakMap<Topic, { at: number; balance: number | undefined }>();
  return {
    say: (text: string) => setText(region, text),
    /** Announces topics whose balance has changed. */
    review(topics: readonly Topic[], now: number): void {
      const news = topics.filter((topic) => isNews(topic, now));
      if (news.length > 0) setText(region, news.map(sentence).join(' '));
    },
  };

  function isNews(topic: Topic, now: number): boolean {
    const balance = sureBalanceOf(topic.window.totals);
    const last = told.get(topic) ?? { at: now - PACE + 5000, balance: undefined };
    if (!told.has(topic)) told.set(topic, last);
    if (balance === undefined || Math.abs(now - last.at) < PACE) return false;
    if (last.balance !== undefined && Math.abs(balance - last.balance) < NEWS) return false;
    told.set(topic, { at: now, balance });
    return true;
  }
}

function sentence(topic: Topic): string {
  const balance = sureBalanceOf(topic.window.totals) ?? 0;
  return `${topic.track}: ${moodOf(balance).toLowerCase()}, balance ${signed(balance)}.`;
}
