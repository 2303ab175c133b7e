// Spells a clause of a track in X's rule language, so that the rule takes every post that it could match.
// https://docs.x.com/x-api/posts/filtered-stream/integrate/operators

import type { Languages } from '../../base/language.ts';
import type { Clause, Term, Track } from '../../track/track.ts';
import { hasSigil, plain, type Word } from '../../track/word.ts';

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
  const needs = [...new Set(all.flatMap(pieces).map(spellPiece))];
  // Long words tend to be rare, so they narrow the rule most.
  const [first, ...others] = needs.sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  if (first === undefined || first.length > room) return undefined;
  let text = first;
  for (const need of others) if (text.length + 1 + need.length <= room) text += ` ${need}`;
  // AND binds before OR, so ORs need parentheses only inside an AND.
  return text === first && text.startsWith('(') ? text.slice(1, -1) : text;
}

/** X has no phrase with a hashtag in it: `"i love #rust"` becomes `"i love"` and `#rust`. */
function pieces(term: Term): Term[] {
  const found: Word[][] = [];
  let phrase: Word[] | undefined;
  for (const word of term.flatMap(withoutSigns)) {
    if (phrase === undefined || hasSigil(word)) found.push([word]);
    else phrase.push(word);
    phrase = hasSigil(word) ? undefined : found.at(-1);
  }
  // To X, a word needs a letter or a digit.
  return found.filter((piece) => piece.some((word) => /[\p{L}\p{N}]/u.test(word)));
}

/** X splits addresses, `c++` and `#self-care` at their signs. It keeps a sigil. */
function withoutSigns(word: Word): Word[] {
  const [, inAddress] = /^[./@-]?\/(.+)$/u.exec(word) ?? [];
  return inAddress === undefined ? word.replace(/^\.|[+#]+$/gu, '').split('-') : [inAddress];
}

function spellPiece(piece: Term): string {
  const alternatives = spellAlternatives(piece);
  return alternatives.length === 1 ? `${alternatives[0]}` : `(${alternatives.join(OR)})`;
}

function spellAlternatives(piece: Term): string[] {
  const [word = ''] = piece;
  if (piece.length > 1) return spellPhrase(piece);
  if (!hasSigil(word)) return spellings(word).flatMap(spellWord);
  return spellings(plain(word)).map((it) => spellSigil(word.charAt(0), it));
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
    let found = [''];
    for (const [at, word] of phrase.entries()) {
      const next = spellings(word).map((it) => (at === 0 ? it : `${joint}${it}`));
      found = found.flatMap((start) => next.map((it) => `${start}${it}`));
    }
    return found.slice(0, MOST_SPELLINGS).map(quote);
  });
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
