// The one tokenizer: posts and track terms both pass through it, so they agree on what a word is.

import { decodeHTMLStrict } from 'entities/decode';

/**
 * A word, folded. Written straight behind a `#`, `@` or `$` it carries that sigil in front
 * (`#rust`); as sigils never occur in words, the one string says both.
 */
export type Word = string;

const SIGILS = '#@$';

// A mark needs something to sit on: the variation selector of an emoji is not a word.
const WORD = /[#@$]?[\p{L}\p{Nd}_][\p{L}\p{M}\p{Nd}_]*/gu;
const DIGITS_ALONE = /^[#$]\p{Nd}+$/u;
const IGNORABLE = /\p{Default_Ignorable_Code_Point}+/gu;
const ASCII_ALONE = /^[\0-\x7f]*$/;

/**
 * Unicode's caseless form for identifiers (NFKC_Casefold, Unicode Standard section 3.13): compatibility
 * forms unified, case folded in full (`Straße` is `strasse`), invisible code points dropped.
 */
export function fold(text: string): string {
  if (ASCII_ALONE.test(text)) return text.toLowerCase();
  return foldCase(text.normalize('NFKC').replace(IGNORABLE, '')).normalize('NFKC');
}

// Upper-casing first is what unfolds ß, ﬁ and their like. It would also turn the dotless ı into an i,
// which Unicode keeps apart; and lower-casing picks a sigma by its place in the word.
function foldCase(text: string): string {
  return text
    .split('ı')
    .map((part) => part.toUpperCase().toLowerCase().replaceAll('ς', 'σ'))
    .join('ı');
}

/**
 * The words of `text` in order: runs of letters, marks, digits and underscores of the folded text,
 * with HTML entities decoded first. A `#` or `$` before digits alone is no sigil: `$100` is money.
 */
export function words(text: string): Word[] {
  const found = fold(text.includes('&') ? decodeHTMLStrict(text) : text).match(WORD) ?? [];
  return found.map((word) => (DIGITS_ALONE.test(word) ? word.slice(1) : word));
}

/** `#rust` without its `#`; a plain word as it is. */
export function plain(word: Word): Word {
  return SIGILS.includes(word.charAt(0)) ? word.slice(1) : word;
}
