// Profile `original`: what the first server scored, and where it counted hashtags, quirks and all.

import type { ReadText } from './profile.ts';
import { newBudget, type Removal, withoutEach } from './without-each.ts';

/** An @ and Python's \w: letters, all sorts of numbers and the underscore, but no marks. */
const MENTIONS: Removal = { pattern: /@[\p{L}\p{N}_]*/gu, head: '@' };
const LINKS: Removal = { pattern: /https?:\/\/[A-Za-z0-9./]*/g, head: 'http' };

const NOT_FOR_POLARITY = /[^a-z#!?']/g;
const HASHTAG = /#([a-z]+)/g;

/** `budget` bounds how many characters of a hostile text are read. */
export function originalText(text: string, budget = newBudget()): ReadText {
  const unmentioned = withoutEach(text.toLowerCase(), MENTIONS, budget);
  const bare = withoutEach(unmentioned, LINKS, budget);
  return {
    polarityText: bare.replace(NOT_FOR_POLARITY, ' '),
    tags: [...bare.matchAll(HASHTAG)].map(([, tag = '']) => tag),
  };
}
