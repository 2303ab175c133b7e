// What the first server fed VADER and counted hashtags in (profile `original`), quirks and all: it
// found all mentions first and then removed each in turn wherever it stood, as a start of a longer
// one too; then links likewise.

import { withoutMentions } from './mentions.ts';
import type { ReadText } from './profile.ts';

const LINK = /https?:\/\/[A-Za-z0-9./]*/g;
/** What a dot is in Python, where JavaScript's leaves more line ends out. */
const ANY_CHARACTER = '[^\\n]';

const NOT_FOR_POLARITY = /[^a-z#!?']/g;
const HASHTAG = /#([a-z]+)/g;

export function originalText(text: string): ReadText {
  const bare = withoutLinks(withoutMentions(text.toLowerCase()));
  return {
    polarityText: bare.replace(NOT_FOR_POLARITY, ' '),
    tags: [...bare.matchAll(HASHTAG)].map(([, tag = '']) => tag),
  };
}

/** Each link is a regular expression in its turn, so that a dot in it is any character. */
function withoutLinks(text: string): string {
  let bare = text;
  for (const link of text.match(LINK) ?? []) {
    bare = link.includes('.')
      ? bare.replace(new RegExp(link.replaceAll('.', ANY_CHARACTER), 'gu'), '')
      : bare.replaceAll(link, '');
  }
  return bare;
}
