// The one tokenizer: posts and terms of tracks both pass through it, so they agree on what a word is.

import { decodeHTMLStrict } from 'entities/decode';
import { fold } from './fold.ts';
import { TextWords } from './text-words.ts';
import type { Word } from './word.ts';

/** All words of `text`: those in order, and behind borders its hashtags of several words and its addresses. */
export function words(text: string): Word[] {
  return new TextWords(foldText(text)).all();
}

/** Folds a text that may have HTML entities. */
export function foldText(text: string): string {
  return fold(text.includes('&') ? decodeHTMLStrict(text) : text);
}
