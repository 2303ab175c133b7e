// Spells a term of a track in X's rule language, so that X sends every post that has it.
// https://docs.x.com/x-api/posts/filtered-stream/integrate/operators

import { EMOJI, FLAG_LETTER, kindOf, SPACELESS } from '../../track/character-kinds.ts';
import type { Term } from '../../track/query-term.ts';
import { GAP, hasSigil, hasSigns, plain, type Word } from '../../track/word.ts';

export const OR = ' OR ';

/** The words that X takes behind each sigil, by https://github.com/twitter/twitter-text. It ignores other sigils. */
const SIGILS: Readonly<Record<string, RegExp>> = {
  '#': /\P{Nd}/u,
  '@': /^[a-z0-9_]{1,15}$/,
  $: /^[a-z]{1,6}$/,
};

/** Folding turned `ß` into `ss`, but X tells them apart. Hardly any word has more of them. */
const MAX_SHARP_S = 2;
/** In one phrase. */
const MAX_SPELLINGS = 8;

/** To X, a word needs a letter, a digit or an emoji. */
const ASKABLE = /[\p{L}\p{N}\p{Extended_Pictographic}\p{Regional_Indicator}]/u;
const ASCII = /^[\0-\x7f]*$/;
/** The words of an address that a rule asks for: its host, and the first words of its path. */
const MAX_PARTS = 4;

// Our tokenizer splits words at punctuation. X may not, in quotation marks.
const JOINTS = [' ', '-', '.'];
const APOSTROPHES = ["'", '’'];
/** The most letters on the short side of an apostrophe: don't, we'll, d'or. */
const MAX_CUT_OFF = 2;

/** An emoji that is made of others has no more parts. */
const MAX_JOINED = 4;
const JOINER = '\u200d';
/** Asks for the colored form of a sign that is also a plain one, such as ❤. */
const EMOJI_STYLE = '\ufe0f';
const SKIN_TONES = ['\u{1f3fb}', '\u{1f3fc}', '\u{1f3fd}', '\u{1f3fe}', '\u{1f3ff}'];

/** What every post with `term` has, as texts that a rule joins with spaces. */
export function needsOf(term: Term): string[] {
  return alternatives(term)
    .filter((texts) => texts.length > 0)
    .map(anyOf);
}

function alternatives(term: Term): string[][] {
  const [first = ''] = term;
  if (first.startsWith('/')) return [spellAddress(term)];
  if (first.startsWith('#') && term.length === 1) return spellHashtag(first);
  return pieces(term).map(spellPiece);
}

/** To X, `#self-care` is `#self` and a word behind it, and `#c++` is `#c`. */
function spellHashtag(hashtag: Word): string[][] {
  const [first = '', ...others] = hashtag.replace(/[+#]+$/, '').split('-');
  const words = others.filter((word) => ASKABLE.test(word));
  return [...pieces([first]).map(spellPiece), ...words.map((word) => spellings(word).map(quote))];
}

/**
 * Words that X finds together. It has no phrase with a hashtag in it, so `"i love #rust"` becomes `"i love"` and `#rust`.
 * Letters of a script without spaces are one word to X.
 */
function pieces(term: Term): Term[] {
  const found: Word[][] = [];
  let before: PieceKind | undefined;
  for (const word of term) {
    const kind = pieceKind(word);
    const last = found.at(-1);
    const isApart = kind === 'signed' || (kind === 'emoji' && last?.length === MAX_JOINED);
    if (last === undefined || kind !== before || isApart) found.push([word]);
    else if (kind === 'run') last[0] += word;
    else last.push(word);
    before = kind;
  }
  return found.filter((piece) => piece.some((word) => ASKABLE.test(word)));
}

type PieceKind = 'signed' | 'emoji' | 'run' | 'gap' | 'phrase';

function pieceKind(word: Word): PieceKind {
  if (hasSigns(word)) return 'signed';
  if (word === GAP) return 'gap';
  const kind = kindOf(word.codePointAt(0) ?? 0);
  if (kind === EMOJI || kind === FLAG_LETTER) return 'emoji';
  return kind === SPACELESS ? 'run' : 'phrase';
}

function anyOf(texts: readonly string[]): string {
  return texts.length === 1 ? `${texts[0]}` : `(${texts.join(OR)})`;
}

function spellPiece(piece: Term): string[] {
  const [word = ''] = piece;
  if (pieceKind(word) === 'emoji') return spellEmoji([...new Set(piece)]);
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
function spellAddress([first = '', ...others]: Term): string[] {
  const parts: string[][] = [[first.slice(1)]];
  for (const word of others) {
    const letters = word.slice(2);
    if (word.startsWith('/')) parts.push([letters]);
    else parts.at(-1)?.push(word.charAt(0) + letters);
  }
  const [host = [], ...path] = parts.slice(0, MAX_PARTS);
  // Behind its host, a link may have letters beyond ASCII in any encoding.
  const inLink = path.map((part) => part.join('')).filter((part) => ASCII.test(part));
  const hosts = spellInARow(host);
  const links = hosts.map((it) => [it, ...inLink].filter((part) => ASKABLE.test(part)));
  if (links.some((link) => link.length === 0)) return [];
  const behind = path.map((part) => `/${part.join('')}`).join('');
  return [
    ...hosts.map((it) => quote(it + behind)),
    ...links.map((link) => link.map((part) => `url:${quote(part)}`).join(' ')),
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
    const cutOff = Math.min(first.length, second.length) <= MAX_CUT_OFF;
    joints = cutOff ? [...JOINTS, ...APOSTROPHES] : JOINTS;
  }
  return joints.flatMap((joint) => {
    const [start = '', ...others] = phrase;
    return spellInARow([start, ...others.map((word) => `${joint}${word}`)]).map(quote);
  });
}

/** To X, an emoji of several parts may be one word, and each variant of an emoji is a word of its own. */
function spellEmoji(parts: readonly Word[]): string[] {
  const apart = parts.map((part) => anyOf(variants(part).map(quote)));
  if (parts.length === 1) return variants(`${parts[0]}`).map(quote);
  const joined = parts.map((part, at) => variants(at === 0 ? part : JOINER + part));
  return [...inARow(joined).map(quote), apart.join(' ')];
}

function variants(emoji: string): string[] {
  const styles = /\p{Emoji_Presentation}/u.test(emoji) ? [''] : ['', EMOJI_STYLE];
  const tones = /\p{Emoji_Modifier_Base}/u.test(emoji) ? SKIN_TONES : [];
  return [...styles, ...tones].map((variant) => emoji + variant);
}

/** The spellings of words that follow each other directly. */
function spellInARow(words: readonly string[]): string[] {
  return inARow(words.map(spellings));
}

/** The ways to choose one of each. */
function inARow(choices: readonly (readonly string[])[]): string[] {
  let found = [''];
  for (const next of choices) {
    found = found.flatMap((start) => next.map((it) => `${start}${it}`)).slice(0, MAX_SPELLINGS);
  }
  return found;
}

/** The spellings that fold into `word`: X ignores case as we do, but may tell ß from ss and ς from σ. */
function spellings(word: Word): string[] {
  const parts = word.replace(/σ$/u, 'ς').split('ss');
  let found = [parts[0] ?? ''];
  for (const part of parts.slice(1)) {
    const sharp = parts.length - 1 <= MAX_SHARP_S ? found.map((it) => `${it}ß${part}`) : [];
    found = [...found.map((it) => `${it}ss${part}`), ...sharp];
  }
  return word.endsWith('σ') ? [...found, word] : found;
}

/** Words hold only letters, marks, digits and underscores, so nothing needs escaping. */
function quote(words: string): string {
  return `"${words}"`;
}
