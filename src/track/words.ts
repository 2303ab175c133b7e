// The one tokenizer: posts and track terms both pass through it, so they agree on what a word is.

import { decodeHTMLStrict } from 'entities/decode';
import { cutText } from '../base/post.ts';

/**
 * A word, folded. A word written directly behind `#`, `@` or `$` begins with that sigil (`#rust`). Sigils never occur
 * within words, so one string says both.
 */
export type Word = string;

const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u;
const IGNORABLES = new RegExp(`${IGNORABLE.source}+`, 'gu');
const ASCII_ALONE = /^[\0-\x7f]*$/;

/**
 * Marks that may stand on one letter; the rest is dropped. Sorting marks into Unicode's order takes the square of their
 * number, and no script needs more (Stream-Safe Text Format, Unicode Standard Annex #15).
 */
const MAX_MARKS = 30;

/**
 * Unicode's caseless form for identifiers (NFKC_Casefold, Unicode Standard section 3.13): unifies compatibility forms,
 * folds case in full (`Straße` becomes `strasse`), and drops invisible code points.
 */
export function fold(text: string): string {
  if (ASCII_ALONE.test(text)) return text.toLowerCase();
  const folded = foldCase(unify(text).replace(IGNORABLES, '')).normalize('NFKC');
  // Some marks come apart into two or three. With a second bound, folding a folded text changes nothing.
  return boundMarks(folded);
}

/** NFKC in linear time: keeps the first MAX_MARKS marks of a letter, and the first MAX_TEXT characters of the result. */
export function unify(text: string): string {
  return cutText(boundMarks(text).normalize('NFKC'));
}

/** Drops the marks of a run beyond MAX_MARKS. Ignorable code points, which are dropped later, do not end a run. */
function boundMarks(text: string): string {
  if (!mayExceedMarks(text)) return text;
  let bounded = '';
  let kept = 0;
  let marks = 0;
  for (let at = 0; at < text.length; ) {
    const codePoint = text.codePointAt(at) ?? 0;
    const next = at + (codePoint < 0x10000 ? 1 : 2);
    const kind = kindOf(codePoint);
    if (kind === MARK) {
      marks += 1;
      if (marks > MAX_MARKS) {
        bounded += text.slice(kept, at);
        kept = next;
      }
    } else if (kind !== IGNORED) {
      marks = 0;
    }
    at = next;
  }
  return kept === 0 ? text : bounded + text.slice(kept);
}

/** A run that is too long covers at least one of every MAX_MARKS + 1 code units, so only those are looked at. */
function mayExceedMarks(text: string): boolean {
  for (let at = MAX_MARKS; at < text.length; at += MAX_MARKS + 1) {
    const unit = text.charCodeAt(at);
    const isSurrogate = (unit & 0xf800) === 0xd800;
    if (isSurrogate || kindOf(unit) >= MARK) return true;
  }
  return false;
}

// Upper-casing first unfolds ß, ﬁ and the like, except the capital ẞ, which is upper case already. It would also turn the
// dotless ı into an i, which Unicode keeps apart. Lower-casing chooses a sigma by its place in the word.
function foldCase(text: string): string {
  return text
    .replaceAll('ẞ', 'ß')
    .split('ı')
    .map((part) => part.toUpperCase().toLowerCase().replaceAll('ς', 'σ'))
    .join('ı');
}

/** The kinds of code points. 0 stands for a kind that is not known yet. */
const NOTHING = 1;
const LETTER = 2;
const DIGIT = 3;
/** Needs a character before it: the variation selector of an emoji is not a word. */
const MARK = 4;
/** Gone once a text is folded. This and MARK are the highest kinds: see mayExceedMarks. */
const IGNORED = 5;

/** The kinds by code point, looked up on first use. */
const KINDS = new Uint8Array(0x110000);

function kindOf(codePoint: number): number {
  const known = KINDS[codePoint] as number;
  if (known !== 0) return known;
  const kind = lookUpKind(String.fromCodePoint(codePoint));
  KINDS[codePoint] = kind;
  return kind;
}

function lookUpKind(character: string): number {
  if (IGNORABLE.test(character)) return IGNORED;
  // NFKC turns the halfwidth sound marks of katakana, which are letters, into marks.
  if (/[\p{M}\uff9e\uff9f]/u.test(character)) return MARK;
  if (/[\p{L}_]/u.test(character)) return LETTER;
  return /\p{Nd}/u.test(character) ? DIGIT : NOTHING;
}

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
    const kind = kindOf(codePoint);
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

export function hasSigil(word: Word): boolean {
  const first = word.charCodeAt(0);
  return first === SIGILS['#'] || first === SIGILS['@'] || first === SIGILS.$;
}

/** `#rust` without its `#`; a plain word as it is. */
export function plain(word: Word): Word {
  return hasSigil(word) ? word.slice(1) : word;
}
