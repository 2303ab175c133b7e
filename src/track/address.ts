// Web addresses, in posts and in terms: `https://www.example.com/docs` and `example.com/docs` have the same words.

import { fold } from './fold.ts';
import { BORDER, type Word } from './word.ts';

const WORD = '[\\p{L}\\p{Nd}_][\\p{L}\\p{M}\\p{Nd}_]*';
/** Signs that may stand between the words of an address. */
const JOINTS = "[-./:?=&#%@+~!$*';]+";
/** Words without white space between them. */
const RUN = new RegExp(`${WORD}(?:${JOINTS}${WORD})*`, 'gu');
/** A run that has a dot or a slash between two words is an address. */
const INSIDE = /[\p{L}\p{M}\p{Nd}_][./][\p{L}\p{Nd}_]/u;
/** An address that says so itself. It is no text, so its words are no plain words. */
const LINK =
  /(?<![\p{L}\p{M}\p{Nd}_#@$+])(?:https?:\/\/|www\.)[^\s\p{C}\p{Pi}\p{Pf}\p{Ps}\p{Pe}<>"`|]+/gu;
/** A mention or a hashtag stays one, whatever stands in its name. */
const SIGIL_FIRST = /^[^\p{L}\p{Nd}_]*[#@$]/u;
const LINK_ALONE = new RegExp(`^(?:[a-z][a-z\\d+.-]*:)?//\\S*${WORD}`, 'u');
const SCHEME = /^(?:[a-z][a-z\d+.-]*:)?\/\//u;
const PART = new RegExp(`([^\\p{L}\\p{Nd}_]*)(${WORD})`, 'gu');
/** Signs that stay what they are in front of a word; the others count as slashes. */
const KEPT_JOINTS = /^[.@-]$/;

/** The links in a folded text, and where each begins. */
export function findLinks(folded: string): Iterable<RegExpExecArray> {
  return folded.includes('://') || folded.includes('www.') ? folded.matchAll(LINK) : [];
}

/** The words of all addresses in a folded text that has no links, with a border before each. */
export function addressesIn(folded: string): Word[] {
  const found: Word[] = [];
  for (const [run] of folded.matchAll(RUN)) {
    if (INSIDE.test(run)) found.push(BORDER, ...addressWords(run));
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
  const [run = '', ...others] = folded.match(RUN) ?? [];
  return others.length === 0 && INSIDE.test(run) && !SIGIL_FIRST.test(folded);
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
  return INSIDE.test(spelling) ? spelling : `//${spelling}`;
}
