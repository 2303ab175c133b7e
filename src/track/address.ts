// Web addresses, in posts and in terms: `https://www.example.com/docs` and `example.com/docs` have the same words.

import {
  LETTERS,
  MARKS,
  RUN_OF_LETTERS,
  SPACED_LETTER,
  SPACELESS_LETTER,
} from '../base/letters.ts';
import { DIGIT, HAS_EMOJI, kindOf, LETTER, MARK, SPACELESS } from './character-kinds.ts';
import { fold } from './fold.ts';
import { BORDER, type Word } from './word.ts';

/** Signs that may stand between the words of an address. */
const JOINTS = "[-./:?=&#%@+~!$*';]+";
const runOf = (word: string) => new RegExp(`${word}(?:${JOINTS}${word})*`, 'gu');
// In a text, a letter of a script without spaces ends an address, because it belongs to the sentence.
const RUN_IN_TEXT = runOf(`${SPACED_LETTER}(?:(?!${SPACELESS_LETTER})[${LETTERS}${MARKS}])*`);
const RUN_IN_TERM = runOf(RUN_OF_LETTERS);
/** A run that has a dot or a slash between two words is an address. */
const INSIDE = new RegExp(
  `[${LETTERS}${MARKS}](?<!${SPACELESS_LETTER}[${MARKS}]*)[./]${SPACED_LETTER}`,
  'u',
);
/** Letters of both kinds of scripts side by side. */
const MIXED = new RegExp(
  `${SPACELESS_LETTER}[${MARKS}]*${SPACED_LETTER}|${SPACED_LETTER}[${MARKS}]*${SPACELESS_LETTER}`,
  'u',
);
const LINK_START = '(?:https?://|www\\.)';
/**
 * An address that says so itself. It is no text, so its words are no plain words. The lookbehind comes second, so that it
 * is not tried at every place of a text.
 */
const LINK = new RegExp(
  `${LINK_START}(?<!(?:${SPACED_LETTER}|[#@$+])${LINK_START})` +
    `(?:[!#-'*-;=?-Z\\\\^_a-z~]|(?!${SPACELESS_LETTER})[^\\0-\\x7f\\s\\p{C}\\p{Pi}\\p{Pf}\\p{Ps}\\p{Pe}])+`,
  'gu',
);
/** A mention or a hashtag stays one, whatever stands in its name. */
const SIGIL_FIRST = new RegExp(`^[^${LETTERS}]*[#@$]`, 'u');
const LINK_ALONE = new RegExp(`^(?:[a-z][a-z\\d+.-]*:)?//\\S*[${LETTERS}]`, 'u');
const SCHEME = /^(?:[a-z][a-z\d+.-]*:)?\/\//u;
/** Signs that stay what they are in front of a word; the others count as slashes. */
const KEPT_JOINTS: ReadonlySet<string> = new Set('.-@');

/** Rules out that a folded text has links. */
export function mayHaveLinks(folded: string): boolean {
  return folded.includes('://') || folded.includes('www.');
}

/** The next link in a folded text from `at` on. */
export function nextLink(folded: string, at: number): RegExpExecArray | null {
  // `matchAll` would copy the expression, which takes longer than most searches.
  LINK.lastIndex = at;
  return LINK.exec(folded);
}

/** The words of all addresses in a folded text, with a border before each. */
export function addressesIn(folded: string): Word[] {
  const found: Word[] = [];
  for (const run of folded.match(RUN_IN_TEXT) ?? []) {
    if (!INSIDE.test(run)) continue;
    found.push(BORDER);
    for (const word of addressWords(run)) found.push(word);
  }
  return found;
}

/** The words of a term that is written as an address; undefined for any other. */
export function addressTerm(folded: string): Word[] | undefined {
  if (!isAddress(folded)) return undefined;
  const [first, ...others] = addressWords(folded);
  return first === undefined ? undefined : [first.slice(1), ...others];
}

function isAddress(folded: string): boolean {
  if (/\s/u.test(folded)) return false;
  if (LINK_ALONE.test(folded)) return true;
  if (HAS_EMOJI.test(folded)) return false;
  const [run = '', ...others] = folded.match(RUN_IN_TERM) ?? [];
  const isRun = others.length === 0 && INSIDE.test(run) && !MIXED.test(run);
  return isRun && !SIGIL_FIRST.test(folded);
}

/** The words of an address, without its scheme and a leading `www`. */
export function addressWords(folded: string): Word[] {
  const address = folded.includes('%') ? fold(decode(folded)) : folded;
  const found: Word[] = [];
  let end = -1;
  for (let at = SCHEME.exec(address)?.[0].length ?? 0; at < address.length; ) {
    const start = at;
    at = endOfLetters(address, start);
    if (at === start) {
      at += 1;
      continue;
    }
    const sign = start === end + 1 && found.length > 0 ? address.charAt(end) : '';
    found.push(`${KEPT_JOINTS.has(sign) ? sign : '/'}/${address.slice(start, at)}`);
    end = at;
  }
  // All of several go, so that reading the canonical form takes no other.
  let first = 0;
  while (first + 2 < found.length && isLeadingWww(found, first)) first += 1;
  return first === 0 ? found : [`//${found[first]?.slice(2)}`, ...found.slice(first + 1)];
}

function isLeadingWww(words: readonly Word[], at: number): boolean {
  return words[at]?.slice(2) === 'www' && words[at + 1]?.startsWith('.') === true;
}

/** The end of the letters and marks that begin at `start`, in any script. */
function endOfLetters(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    const codePoint = text.codePointAt(at) ?? 0;
    const kind = kindOf(codePoint);
    const isLetter = kind === LETTER || kind === DIGIT || kind === SPACELESS;
    if (!isLetter && (kind !== MARK || at === start)) break;
    at += codePoint < 0x10000 ? 1 : 2;
  }
  return at;
}

function decode(address: string): string {
  try {
    return decodeURI(address);
  } catch {
    return address;
  }
}

/** An address of a term as a user would write it. */
export function spellAddress([first = '', ...others]: readonly Word[]): string {
  const spelling = first.slice(1) + others.map((word) => word.charAt(0) + word.slice(2)).join('');
  return isAddress(spelling) ? spelling : `//${spelling}`;
}
