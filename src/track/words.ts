// The one tokenizer: posts and track terms both pass through it, so they agree on what a word is.

import { decodeHTMLStrict } from 'entities/decode';

/**
 * A word, folded. Written straight behind a `#`, `@` or `$` it carries that sigil in front
 * (`#rust`); as sigils never occur in words, the one string says both.
 */
export type Word = string;

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

// Upper-casing first is what unfolds ß, ﬁ and their like, but the capital ẞ, which is upper case already.
// It would also turn the dotless ı into an i, which Unicode keeps apart; and lower-casing picks a sigma
// by its place in the word.
function foldCase(text: string): string {
  return text
    .replaceAll('ẞ', 'ß')
    .split('ı')
    .map((part) => part.toUpperCase().toLowerCase().replaceAll('ς', 'σ'))
    .join('ı');
}

/** What a code point does in a word. */
const NOTHING = 0;
const LETTER = 1;
const DIGIT = 2;
/** Needs something to sit on: the variation selector of an emoji is not a word. */
const MARK = 3;

function kindOf(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  if (/[\p{L}_]/u.test(character)) return LETTER;
  if (/\p{Nd}/u.test(character)) return DIGIT;
  return /\p{M}/u.test(character) ? MARK : NOTHING;
}

/** The kinds of the Basic Multilingual Plane, where nearly all of every text lies. */
const KINDS = Uint8Array.from({ length: 0x10000 }, (_, codePoint) => kindOf(codePoint));
const SIGILS = { '#': 0x23, $: 0x24, '@': 0x40 } as const;

/**
 * The words of `text` in order: runs of letters, marks, digits and underscores of the folded text,
 * with HTML entities decoded first. A `#` or `$` before digits alone is no sigil: `$100` is money.
 */
export function words(text: string): Word[] {
  const folded = fold(text.includes('&') ? decodeHTMLStrict(text) : text);
  const found: Word[] = [];
  let start = -1;
  let digitsAlone = true;
  for (let at = 0; at <= folded.length; ) {
    const codePoint = folded.codePointAt(at) ?? 0;
    const kind = codePoint < 0x10000 ? KINDS[codePoint] : kindOf(codePoint);
    if (kind === LETTER || kind === DIGIT || (kind === MARK && start !== -1)) {
      if (start === -1) {
        start = at;
        digitsAlone = true;
      }
      if (kind !== DIGIT) digitsAlone = false;
    } else if (start !== -1) {
      found.push(folded.slice(beginsWithSigil(folded, start, digitsAlone) ? start - 1 : start, at));
      start = -1;
    }
    at += codePoint < 0x10000 ? 1 : 2;
  }
  return found;
}

function beginsWithSigil(folded: string, start: number, digitsAlone: boolean): boolean {
  if (start === 0) return false;
  const before = folded.charCodeAt(start - 1);
  if (before === SIGILS['@']) return true;
  return !digitsAlone && (before === SIGILS['#'] || before === SIGILS.$);
}

/** Whether a word carries a sigil. */
export function hasSigil(word: Word): boolean {
  const first = word.charCodeAt(0);
  return first === SIGILS['#'] || first === SIGILS['@'] || first === SIGILS.$;
}

/** `#rust` without its `#`; a plain word as it is. */
export function plain(word: Word): Word {
  return hasSigil(word) ? word.slice(1) : word;
}
