// Profile `full`: keeps everything that carries sentiment, in the signs that VADER knows.

import { decodeHTMLStrict } from 'entities/decode';
import type { ReadText } from './profile.ts';
import { asciiSigns, partAtPauses, unmask } from './signs.ts';

// Punctuation at a link's end belongs to the sentence.
const LINK = /https?:\/\/[^\s<>"]*[^\s<>"'’”.,:;!?)\]}…]/giu;
const HANDLE = /@[\p{L}\p{M}\p{Nd}_]+/gu;
const HASHTAG = /#([\p{L}\p{Nd}_][\p{L}\p{M}\p{Nd}_]*)/gu;
const DIGITS_ALONE = /^\p{Nd}+$/u;

/** Removes links and handles. Case, emoji, emoticons and punctuation stay. */
export function fullText(text: string): ReadText {
  const unmasked = unmask(text);
  const decoded = unmasked.includes('&') ? unmask(decodeHTMLStrict(unmasked)) : unmasked;
  const linkless = withoutLinks(decoded);
  // In ASCII, any quotation mark ends a link.
  const ascii = asciiSigns(decoded);
  const plain = partAtPauses(ascii === decoded ? linkless : withoutLinks(ascii));
  return {
    polarityText: plain.includes('@') ? plain.replace(HANDLE, '') : plain,
    tags: linkless.includes('#') ? hashtagsIn(linkless) : [],
  };
}

function withoutLinks(text: string): string {
  return text.includes('://') ? text.replace(LINK, '') : text;
}

function hashtagsIn(text: string): string[] {
  const tags: string[] = [];
  for (const [, tag = ''] of text.matchAll(HASHTAG)) {
    if (!DIGITS_ALONE.test(tag)) tags.push(tag.toLowerCase());
  }
  return tags;
}
