// Spells a clause of a track in X's rule language, so that the rule takes every post that it could match.
// https://docs.x.com/x-api/posts/filtered-stream/integrate/operators

import type { Languages } from '../../base/language.ts';
import { spellWords } from '../../track/query-term.ts';
import type { Clause, Term, Track } from '../../track/track.ts';
import { hasSigil, hasSigns, plain, type Word } from '../../track/word.ts';

/** What surrounds the clauses in each of Senti's rules. */
export interface RuleFormat {
  readonly suffix: string;
  /** Characters for clauses and the ORs between them. */
  readonly room: number;
  /** Every plan needs the same texts again, and spelling them is most of its work. */
  readonly spelt: WeakMap<Track, readonly string[] | undefined>;
}

export const OR = ' OR ';

/** The words that X takes behind each sigil, by https://github.com/twitter/twitter-text. It ignores other sigils. */
const SIGILS: Readonly<Record<string, RegExp>> = {
  '#': /\P{Nd}/u,
  '@': /^[a-z0-9_]{1,15}$/,
  $: /^[a-z]{1,6}$/,
};

/** Folding turned `ß` into `ss`, but X tells them apart. Hardly any word has more of them. */
const MOST_SHARP_S = 2;
/** In one phrase. */
const MOST_SPELLINGS = 8;

/** To X, a word needs a letter or a digit. */
const ASKABLE = /[\p{L}\p{N}]/u;
const ASCII = /^[\0-\x7f]*$/;
/** Of an address: its host, and the first words of its path. */
const MOST_PARTS = 4;

// Our tokenizer splits words at punctuation. X may not, in quotation marks.
const JOINTS = [' ', '-', '.'];
const APOSTROPHES = ["'", '’'];
/** The most letters on the short side of an apostrophe: don't, we'll, d'or. */
const MOST_CUT_OFF = 2;

export function ruleFormat(languages: Languages, ruleLength: number): RuleFormat {
  const suffix = `${askLanguages(languages)} -is:retweet`;
  return { suffix, room: ruleLength - suffix.length - '()'.length, spelt: new WeakMap() };
}

/** A rule that takes what any of `clauses` takes, whatever their order. */
export function spellRule(clauses: readonly string[], { suffix }: RuleFormat): string {
  return `(${[...clauses].sort().join(OR)})${suffix}`;
}

/** The track's distinct clauses as texts; undefined if X cannot be asked for one of them. */
export function spellTrack(
  track: Track,
  { room, spelt }: RuleFormat,
): readonly string[] | undefined {
  if (!spelt.has(track)) {
    const texts = track.clauses.map((clause) => spellClause(clause, room));
    const isAskable = texts.every((text) => text !== undefined);
    spelt.set(track, isAskable ? [...new Set(texts)] : undefined);
  }
  return spelt.get(track);
}

/**
 * Spells the clause in at most `room` characters; undefined if not even its longest word fits.
 * Terms that don't fit are left out, so that the rule takes more posts, never fewer. So are exclusions: X also
 * looks for them in a quoted post, and would withhold a post for words that are not its own.
 */
export function spellClause({ all }: Clause, room: number): string | undefined {
  const needs = [...new Set(all.flatMap(needsOf).map(spellNeed))];
  // Long words tend to be rare, so they narrow the rule most.
  const [first, ...others] = needs.sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  if (first === undefined || first.length > room) return undefined;
  let text = first;
  for (const need of others) if (text.length + 1 + need.length <= room) text += ` ${need}`;
  // AND binds before OR, so ORs need parentheses only inside an AND.
  return text === first && text.startsWith('(') ? text.slice(1, -1) : text;
}

/** What every post with `term` has. Each need is a list of alternatives. */
function needsOf(term: Term): string[][] {
  const [first = ''] = term;
  if (first.startsWith('/')) return spellAddress(term);
  if (first.startsWith('#') && term.length === 1) return spellHashtag(first);
  return pieces(term).map(spellPiece);
}

/** To X, `#self-care` is `#self` and a word behind it, and `#c++` is `#c`. */
function spellHashtag(hashtag: Word): string[][] {
  const [first = '', ...others] = hashtag.replace(/[+#]+$/, '').split('-');
  const words = others.filter((word) => ASKABLE.test(word));
  return [...pieces([first]).map(spellPiece), ...words.map((word) => spellings(word).map(quote))];
}

/** X has no phrase with a hashtag in it: `"i love #rust"` becomes `"i love"` and `#rust`. */
function pieces(term: Term): Term[] {
  const found: Word[][] = [];
  let phrase: Word[] | undefined;
  for (const word of term) {
    if (phrase === undefined || hasSigns(word)) found.push([word]);
    else phrase.push(word);
    phrase = hasSigns(word) ? undefined : found.at(-1);
  }
  return found
    .map((piece) => spellWords(piece).split(' '))
    .filter((piece) => piece.some((word) => ASKABLE.test(word)));
}

function spellNeed(alternatives: readonly string[]): string {
  return alternatives.length === 1 ? `${alternatives[0]}` : `(${alternatives.join(OR)})`;
}

function spellPiece(piece: Term): string[] {
  const [word = ''] = piece;
  if (piece.length > 1) return spellPhrase(piece);
  if (!hasSigns(word)) return spellings(word).flatMap(spellWord);
  const letters = spellings(plain(word));
  if (hasSigil(word)) return letters.map((it) => spellSigil(word.charAt(0), it));
  // X takes `c++` in quotation marks as it is written, but the hashtag `#c++` for `#c`.
  const isHashtag = !word.startsWith('.') && SIGILS['#']?.test(plain(word));
  return [...spellings(word).map(quote), ...(isHashtag ? letters.map((it) => `#${it}`) : [])];
}

/**
 * An address in the text as it is written, or the words of a link. In a link, what our matcher takes for a slash may be
 * any sign, so X gets the words between slashes one by one. A few of them narrow the rule enough.
 */
function spellAddress([first = '', ...others]: Term): string[][] {
  const parts: string[][] = [[first.slice(1)]];
  for (const word of others) {
    const letters = word.slice(2);
    if (word.startsWith('/')) parts.push([letters]);
    else parts.at(-1)?.push(word.charAt(0) + letters);
  }
  const [host = [], ...path] = parts.slice(0, MOST_PARTS);
  // Behind its host, a link may have letters beyond ASCII in any encoding.
  const inLink = path.map((part) => part.join('')).filter((part) => ASCII.test(part));
  const links = spellInARow(host).map((it) => [it, ...inLink].filter((part) => ASKABLE.test(part)));
  if (links.some((link) => link.length === 0)) return [];
  const text = [...host, ...path.flatMap(([word, ...more]) => [`/${word}`, ...more])];
  return [
    [
      ...spellInARow(text).map(quote),
      ...links.map((link) => link.map((part) => `url:${quote(part)}`).join(' ')),
    ],
  ];
}

/** X does not document whether a bare word matches hashtags and the like, so the rule asks for all. */
function spellWord(word: Word): string[] {
  const sigils = Object.keys(SIGILS).filter((sigil) => SIGILS[sigil]?.test(word));
  return [quote(word), ...sigils.map((sigil) => `${sigil}${word}`)];
}

function spellSigil(sigil: string, word: Word): string {
  return SIGILS[sigil]?.test(word) ? `${sigil}${word}` : quote(word);
}

function spellPhrase(phrase: Term): string[] {
  const [first = '', second = ''] = phrase;
  let joints = [' '];
  if (phrase.length === 2) {
    const cutOff = Math.min(first.length, second.length) <= MOST_CUT_OFF;
    joints = cutOff ? [...JOINTS, ...APOSTROPHES] : JOINTS;
  }
  return joints.flatMap((joint) => {
    const [start = '', ...others] = phrase;
    return spellInARow([start, ...others.map((word) => `${joint}${word}`)]).map(quote);
  });
}

/** The spellings of words that follow each other directly. */
function spellInARow(words: readonly string[]): string[] {
  let found = [''];
  for (const word of words) {
    const next = spellings(word);
    found = found.flatMap((start) => next.map((it) => `${start}${it}`)).slice(0, MOST_SPELLINGS);
  }
  return found;
}

/** The spellings that fold into `word`: X ignores case as we do, but may tell ß from ss and ς from σ. */
function spellings(word: Word): string[] {
  const parts = word.replace(/σ$/u, 'ς').split('ss');
  let found = [parts[0] ?? ''];
  for (const part of parts.slice(1)) {
    const sharp = parts.length - 1 <= MOST_SHARP_S ? found.map((it) => `${it}ß${part}`) : [];
    found = [...found.map((it) => `${it}ss${part}`), ...sharp];
  }
  return word.endsWith('σ') ? [...found, word] : found;
}

/** Words hold only letters, marks, digits and underscores, so nothing needs escaping. */
function quote(words: string): string {
  return `"${words}"`;
}

// X uses older codes for these languages.
const LANGUAGE_CODES: Readonly<Record<string, string>> = {
  fil: 'tl',
  he: 'iw',
  id: 'in',
  nb: 'no',
};

function askLanguages(languages: Languages): string {
  if (languages === 'any') return '';
  const codes = new Set(languages.map(toCode));
  const asked = [...codes].map((code) => `lang:${code}`).join(OR);
  return codes.size === 1 ? ` ${asked}` : ` (${asked})`;
}

// X knows no regions except those of Chinese, for which it reports `zh`.
function toCode(tag: string): string {
  const primary = tag.split('-')[0] ?? tag;
  return LANGUAGE_CODES[primary] ?? primary;
}
