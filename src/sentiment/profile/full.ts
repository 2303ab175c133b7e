// Profile `full`: keeps everything that carries sentiment.

import { decodeHTMLStrict } from 'entities/decode';
import type { ReadText } from './profile.ts';

// Punctuation at a link's end belongs to the sentence.
const LINK = /https?:\/\/[^\s<>"]*[^\s<>"'’”.,:;!?)\]}…]/giu;
const HANDLE = /[@＠][\p{L}\p{M}\p{Nd}_]+/gu;
const HASHTAG = /[#＃]([\p{L}\p{Nd}_][\p{L}\p{M}\p{Nd}_]*)/gu;
const DIGITS_ALONE = /^\p{Nd}+$/u;

/** Removes links and handles. Case, emoji, emoticons and punctuation stay. */
export function fullText(text: string): ReadText {
  const linkless = (text.includes('&') ? decodeHTMLStrict(text) : text).replace(LINK, '');
  const tags: string[] = [];
  for (const [, tag = ''] of linkless.matchAll(HASHTAG)) {
    if (!DIGITS_ALONE.test(tag)) tags.push(tag.toLowerCase());
  }
  return { polarityText: linkless.replace(HANDLE, ''), tags };
}
