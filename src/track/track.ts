// The track language: parses a user's query into clauses, and into the one form that all its spellings share.

import { eng } from 'stopword';
import { UserError } from '../base/user-error.ts';
import { addressTerm, spellAddress } from './address.ts';
import { unify } from './fold.ts';
import { hashtagTerm } from './hashtag.ts';
import type { Word } from './word.ts';
import { foldText, TextWords } from './words.ts';

/**
 * Words that stand next to each other in a post; most terms are just one. Either all of them are words of an address, of
 * which the first begins with `/`, or none is. A hashtag with signs in it, such as `#self-care`, is always alone.
 */
export type Term = readonly Word[];

/** The terms that a post must have, and must not have. */
export interface Clause {
  readonly all: readonly Term[];
  readonly none: readonly Term[];
}

/** Matches a post that satisfies any of its clauses. */
export interface Track {
  /** Equal for every spelling of the same query, and itself a query that means the same. */
  readonly canonical: string;
  readonly clauses: readonly Clause[];
}

const MAX_QUERY_CHARACTERS = 256;
const MAX_CLAUSES = 16;
const MAX_TERMS = 16;

/** A query is shorter, but Unicode makes up to 18 characters of one. */
export const MAX_CANONICAL_CHARACTERS = 16 * 1024;
/** Most tracks are such words, which are their own canonical form and need no parsing. */
const ONE_WORD = /^[#@$]?[a-z][a-z0-9_]*$/;

const STOP_WORDS: ReadonlySet<Word> = new Set(eng);

// A term: an optional minus, then words in quotation marks (typographic ones too), an unclosed quotation mark, or a run
// without white space.
const TERM = /(-?)(?:["“”„]([^"“”„]*)["“”„]|(["“”„].*)|([^\s,]+))|(,)/gsu;

/** Reads a query such as `coffee -decaf, #espresso "flat white"`. */
export function parseTrack(query: string): Track | UserError {
  if (isTooLong(query)) {
    return bad(`The query is longer than ${MAX_QUERY_CHARACTERS} characters; make it shorter.`);
  }
  return parse(query);
}

/** The track of a canonical form, which may be longer than a query; undefined for any other text. */
export function readCanonical(canonical: string): Track | undefined {
  if (canonical.length > MAX_CANONICAL_CHARACTERS) return undefined;
  if (ONE_WORD.test(canonical) && !STOP_WORDS.has(canonical)) {
    return { canonical, clauses: [{ all: [[canonical]], none: [] }] };
  }
  const track = parse(canonical);
  return track instanceof UserError || track.canonical !== canonical ? undefined : track;
}

function parse(query: string): Track | UserError {
  const clauses = new Map<string, Clause>();
  for (const terms of split(unify(query))) {
    if (terms instanceof UserError) return terms;
    const clause = readClause(terms);
    if (clause instanceof UserError) return clause;
    if (clause !== undefined) clauses.set(spellClause(clause), clause);
  }
  if (clauses.size === 0) {
    return bad('The query has no words; write at least one, such as "coffee".');
  }
  if (clauses.size > MAX_CLAUSES) {
    return bad(`The query has ${clauses.size} clauses; at most ${MAX_CLAUSES} are possible.`);
  }
  const sorted = [...clauses].sort(byName);
  return {
    canonical: sorted.map(([spelling]) => spelling).join(', '),
    clauses: sorted.map(([, clause]) => clause),
  };
}

/** Counts characters, not code units, and stops early for long texts. */
function isTooLong(query: string): boolean {
  return query.length > 2 * MAX_QUERY_CHARACTERS || [...query].length > MAX_QUERY_CHARACTERS;
}

interface WrittenTerm {
  readonly excluded: boolean;
  readonly words: Term;
}

function* split(query: string): Generator<WrittenTerm[] | UserError> {
  let terms: WrittenTerm[] = [];
  for (const [, minus, quoted, unclosed, bare, comma] of query.matchAll(TERM)) {
    if (unclosed !== undefined) {
      return yield bad('A quotation mark is not closed; write "words in quotes" in full.');
    }
    if (comma !== undefined) {
      yield terms;
      terms = [];
      continue;
    }
    // Punctuation alone, as in `rock & roll`, is no term.
    const term = readTerm(quoted ?? bare ?? '');
    if (term instanceof UserError) return yield term;
    if (term.length > 0) terms.push({ excluded: minus === '-', words: term });
  }
  yield terms;
}

function readTerm(text: string): Term | UserError {
  const folded = foldText(text);
  const address = addressTerm(folded);
  if (address !== undefined) return address;
  const hashtag = hashtagTerm(folded);
  if (hashtag !== undefined) return [hashtag];
  const read = new TextWords(folded);
  if (!read.hasParts) return read.inOrder;
  return bad(
    `"${text}" has a link or a hashtag with signs in it among other words; ` +
      'write each as a term of its own, as in "coffee #self-care example.com".',
  );
}

function readClause(terms: readonly WrittenTerm[]): Clause | UserError | undefined {
  if (terms.length === 0) return undefined;
  const all = distinct(terms.filter((term) => !term.excluded));
  const none = distinct(terms.filter((term) => term.excluded));
  if (all.length === 0) {
    return bad(
      `"${spellClause({ all, none })}" only excludes; add a word to look for, as in "coffee -decaf".`,
    );
  }
  if (all.every(isStopWords)) {
    return bad(
      `"${spellClause({ all, none: [] })}" is nothing but stop words, which nearly every post has; ` +
        'add a word that says what to look for.',
    );
  }
  if (all.length + none.length > MAX_TERMS) {
    return bad(
      `A clause has ${all.length + none.length} terms; at most ${MAX_TERMS} are possible.`,
    );
  }
  return { all, none };
}

function distinct(terms: readonly WrittenTerm[]): Term[] {
  const bySpelling = new Map(terms.map((term) => [spellTerm(term.words), term.words] as const));
  return [...bySpelling].sort(byName).map(([, term]) => term);
}

function isStopWords(term: Term): boolean {
  return term.every((word) => STOP_WORDS.has(word));
}

/** A clause as a user would write it; its canonical form, if its terms are in order. */
export function spellClause({ all, none }: Clause): string {
  return [...all.map(spellTerm), ...none.map((term) => `-${spellTerm(term)}`)].join(' ');
}

/** A term as a user would write it. */
export function spellTerm(term: Term): string {
  if (term[0]?.startsWith('/')) return spellAddress(term);
  return term.length === 1 ? `${term[0]}` : `"${term.join(' ')}"`;
}

/** By code unit, so that the order is the same on every machine. */
function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function bad(message: string): UserError {
  return new UserError('BAD_TRACK', message);
}
