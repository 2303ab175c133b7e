// Web addresses, in posts and in terms: `https://www.example.com/docs` and `example.com/docs` have the same words.

import {
  LETTERS,
  MARKS,
  RUN_OF_LETTERS,
  SPACED_LETTER,
  SPACELESS_LETTER,
} from './character-kinds.ts';
import { fold } from './fold.ts';
import { BORDER, type Word } from './word.ts';

/** Signs that may stand between the words of an address. */
const JOINTS = "[-./:?=&#%@+~!$*';]+";
const runOf = (word: string) => new RegExp(`${word}(?:${JOINTS}${word})*`, 'gu');
// In a text, a letter of a script without spaces ends an address, because it belongs to the sentence.
const RUN_IN_TEXT = runOf(`${SPACED_LETTER}(?:(?!${SPACELESS_LETTER})[${LETTERS}${MARKS}])*`);
const RUN_IN_TERM = runOf(RUN_OF_LETTERS);
/** A run that has a dot or a slash between two words is an address. */
const INSIDE = new RegExp(`(?<!${SPACELESS_LETTER})[${LETTERS}${MARKS}][./]${SPACED_LETTER}`, 'u');
/** Letters of both kinds of scripts side by side. */
const MIXED = new RegExp(
  `${SPACELESS_LETTER}[${MARKS}]*${SPACED_LETTER}|${SPACED_LETTER}[${MARKS}]*${SPACELESS_LETTER}`,
  'u',
);
/** An address that says so itself. It is no text, so its words are no plain words. */
const LINK = new RegExp(
  `(?<!${SPACED_LETTER}|[#@$+])(?:https?://|www\\.)` +
    `(?:(?!${SPACELESS_LETTER})[^\\s\\p{C}\\p{Pi}\\p{Pf}\\p{Ps}\\p{Pe}<>"\`|])+`,
  'gu',
);
/** A mention or a hashtag stays one, whatever stands in its name. */
const SIGIL_FIRST = new RegExp(`^[^${LETTERS}]*[#@$]`, 'u');
const LINK_ALONE = new RegExp(`^(?:[a-z][a-z\\d+.-]*:)?//\\S*[${LETTERS}]`, 'u');
const SCHEME = /^(?:[a-z][a-z\d+.-]*:)?\/\//u;
const PART = new RegExp(`([^${LETTERS}]*)(${RUN_OF_LETTERS})`, 'gu');
/** Signs that stay what they are in front of a word; the others count as slashes. */
const KEPT_JOINTS = /^[.@-]$/;

/** The links in a folded text, and where each begins. */
export function findLinks(folded: string): Iterable<RegExpExecArray> {
  return folded.includes('://') || folded.includes('www.') ? folded.matchAll(LINK) : [];
}

/** The words of all addresses in a folded text, with a border before each. */
export function addressesIn(folded: string): Word[] {
  const found: Word[] = [];
  for (const [run] of folded.matchAll(RUN_IN_TEXT)) {
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
  const [run = '', ...others] = folded.match(RUN_IN_TERM) ?? [];
  const isRun = others.length === 0 && INSIDE.test(run) && !MIXED.test(run);
  return isRun && !SIGIL_FIRST.test(folded);
}

/** The words of an address, without its scheme and a leading `www`. */
export function addressWords(folded: string): Word[] {
  const readable = folded.includes('%') ? fold(decode(folded)) : folded;
  const found: Word[] = [];
  for (const [, signs = '', word = ''] of readable.replace(SCHEME, '').matchAll(PART)) {
    found.push(`${KEPT_JOINTS.test(signs) && found.length > 0 ? signs : '/'}/${word}`);
  }
  if (found.length > 2 && found[0] === '//www' && found[1]?.startsWith('.')) {
    return [`//${found[1].slice(2)}`, ...found.slice(2)];
  }
  return found;
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
