// The track language: parses a user's query into clauses, and into the one form that all its spellings share.

import { eng } from 'stopword';
import { UserError } from '../base/user-error.ts';
import { splitQuery, type WrittenTerm } from './query.ts';
import { ONE_WORD, spellTerm, type Term } from './query-term.ts';
import type { Word } from './word.ts';

/** The terms that a post must have, and must not have. */
export interface Clause {
  readonly all: readonly Term[];
  readonly none: readonly Term[];
}

/** Matches a post that satisfies any of its clauses. */
export interface Track {
  /** Equal for every spelling of the same query, and itself a query that means the same, unless `sources` are named. */
  readonly canonical: string;
  readonly clauses: readonly Clause[];
  /** The names of the sources that it is followed at; undefined for all. */
  readonly sources?: ReadonlySet<string> | undefined;
}

const MAX_QUERY_CHARACTERS = 256;
const MAX_CLAUSES = 16;
const MAX_TERMS = 16;

/** A query is shorter, but Unicode makes up to 18 characters of one. */
export const MAX_CANONICAL_CHARACTERS = 16 * 1024;

const STOP_WORDS: ReadonlySet<Word> = new Set(eng);

/** Reads a query such as `coffee -decaf, #espresso "flat white"`. */
export function parseTrack(query: string): Track | UserError {
  if (isTooLong(query)) {
    return bad(`The query is longer than ${MAX_QUERY_CHARACTERS} characters; make it shorter.`);
  }
  // A decoder puts this in place of what it cannot read. Without it, "café" in Latin-1 would mean "caf".
  if (query.toWellFormed().includes('\ufffd')) {
    return bad('The query has a character that cannot be read (U+FFFD); send it in UTF-8.');
  }
  return parse(query);
}

/** `track` at some of the sources only. It has a canonical form, and so a topic, of its own. */
export function atSources(track: Track, sources: Iterable<string>): Track {
  const names = [...new Set(sources)].sort();
  const canonical = `${track.canonical} [${names.join(',')}]`;
  return { ...track, canonical, sources: new Set(names) };
}

/** Reads a query that may end with the sources to follow it at, such as `coffee -decaf [bluesky,x]`. */
export function parseTrackAt(text: string): Track | UserError {
  const [, query = text, names] = WRITTEN_AT_SOURCES.exec(text) ?? [];
  const track = parseTrack(query);
  if (track instanceof UserError || names === undefined) return track;
  return atSources(
    track,
    names.split(',').map((name) => name.trim()),
  );
}

/** The same track at all sources. */
export function atAllSources({ canonical, clauses }: Track): Track {
  return { canonical: AT_SOURCES.exec(canonical)?.[1] ?? canonical, clauses };
}

/** Whether `source` is one of those that `track` is followed at. */
export function isAt({ sources }: Track, source: string): boolean {
  return sources === undefined || sources.has(source);
}

/** No query has a bracket in its canonical form. */
const WRITTEN_AT_SOURCES = /^(.+?)\s+\[([\w\s,-]*)\]\s*$/s;
const AT_SOURCES = /^(.+) \[([\w,-]+)\]$/s;

/** The track of a canonical form, which may be longer than a query; undefined for any other text. */
export function readCanonical(canonical: string): Track | undefined {
  if (canonical.length > MAX_CANONICAL_CHARACTERS) return undefined;
  const [, query = canonical, sources] = AT_SOURCES.exec(canonical) ?? [];
  const track = parse(query);
  if (track instanceof UserError) return undefined;
  const read = sources === undefined ? track : atSources(track, sources.split(','));
  return read.canonical === canonical ? read : undefined;
}

function parse(query: string): Track | UserError {
  // Most queries are their own canonical form.
  if (ONE_WORD.test(query) && !STOP_WORDS.has(query)) {
    return { canonical: query, clauses: [{ all: [[query]], none: [] }] };
  }
  const written = splitQuery(query);
  if (written instanceof UserError) return written;
  const clauses = new Map<string, Clause>();
  for (const terms of written) {
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

function readClause(terms: readonly WrittenTerm[]): Clause | UserError | undefined {
  if (terms.length === 0) return undefined;
  const all = distinct(terms.filter((term) => !term.isExcluded));
  const none = distinct(terms.filter((term) => term.isExcluded));
  if (all.length === 0) {
    return bad(
      `"${spellClause({ all, none })}" only excludes; add a word to look for, as in "coffee -decaf".`,
    );
  }
  if (all.every(isStopWords) && !terms.some((term) => term.isQuoted && !term.isExcluded)) {
    return bad(
      `"${all.map(spellTerm).join(' ')}" is nothing but stop words, which nearly every post has; ` +
        'add a word that says what to look for, or put it in quotation marks.',
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
function spellClause({ all, none }: Clause): string {
  // Without quotation marks, a clause of nothing but stop words is rejected.
  const isQuoted = all.every(isStopWords);
  const wanted = all.map((term) => {
    const spelling = spellTerm(term);
    return isQuoted && term.length === 1 ? `"${spelling}"` : spelling;
  });
  return [...wanted, ...none.map((term) => `-${spellTerm(term)}`)].join(' ');
}

/** By code unit, so that the order is the same on every machine. */
function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function bad(message: string): UserError {
  return new UserError('BAD_TRACK', message);
}
