// What the words around it make of a rated word's valence (paper, section 3.2). The names in
// brackets are the reference's functions, whose order, and so whose last bits, are kept.

import { LEAD, type Tokens } from './tokens.ts';
import type { WordId } from './vocabulary.ts';
import * as vocabulary from './vocabulary.ts';

// Constants of this module, not imports, for speed: see tokens.ts.
const { boosterPhrases, idioms, idOf, increments, pairKey, ratings, traits, tripleKey } =
  vocabulary;
const { BOOSTER, NEGATION, RATED, STARTS_PHRASE, UNKNOWN } = vocabulary;

/** What a word in capitals gains in a text that has others (C_INCR). */
const CAPITALS_INCREASE = 0.733;
/** What a negation makes of a valence (N_SCALAR). */
const NEGATED = -0.74;
/** "never so good", "never this good": no negation but an emphasis. */
const NEVER_SO = 1.25;
const UNCHANGED = 1;
/** How many words back the rules look for a modifier, and how much of a booster's increment counts at each distance. */
const FARTHEST = LEAD;
const DAMPING = [0, 1, 0.95, 0.9] as const;

const NO = idOf('no');
const OR = idOf('or');
const NOR = idOf('nor');
const LEAST = idOf('least');
const AT = idOf('at');
const VERY = idOf('very');
const NEVER = idOf('never');
const SO = idOf('so');
const THIS = idOf('this');
const WITHOUT = idOf('without');
const DOUBT = idOf('doubt');

/** What the rated word at `at` is worth where it stands (sentiment_valence). */
export function ratedValence(tokens: Tokens, at: number): number {
  const { words } = tokens;
  let valence = withNo(words, at);
  if (isLoud(tokens, at)) valence += valence > 0 ? CAPITALS_INCREASE : -CAPITALS_INCREASE;
  for (let distance = 1; distance <= FARTHEST; distance++) {
    const modifier = words[at - distance] ?? UNKNOWN;
    const trait = traits[modifier] ?? 0;
    if (trait & RATED) continue;
    if (trait & BOOSTER) {
      const increment = boost(modifier, isLoud(tokens, at - distance), valence);
      valence += increment * (DAMPING[distance] ?? 0);
    }
    valence *= negation(words, at, distance);
    if (distance === FARTHEST) valence = idiomatic(words, at, valence);
  }
  return isLeast(words, at) ? valence * NEGATED : valence;
}

/** Capitals tell only in a text that is not all capitals (allcap_differential). */
function isLoud({ capitals, capitalCount, count }: Tokens, at: number): boolean {
  return capitals[at] === 1 && capitalCount < count;
}

/** "no" is worth something by itself; before a rated word it is a negation instead. */
function withNo(words: Uint16Array, at: number): number {
  const word = words[at] ?? UNKNOWN;
  const rating = ratings[word] ?? 0;
  const before = words[at - 1];
  const isNegated =
    before === NO ||
    words[at - 2] === NO ||
    (words[at - 3] === NO && (before === OR || before === NOR));
  if (isNegated) return rating * NEGATED;
  return word === NO && (traits[words[at + 1] ?? UNKNOWN] ?? 0) & RATED ? 0 : rating;
}

/** What the booster before it adds to a valence (scalar_inc_dec). */
function boost(booster: WordId, loud: boolean, valence: number): number {
  const increment = (increments[booster] ?? 0) * (valence < 0 ? -1 : 1);
  if (!loud) return increment;
  return valence > 0 ? increment + CAPITALS_INCREASE : increment - CAPITALS_INCREASE;
}

/** The factor by which the word `distance` before `at` turns or strengthens it (_negation_check). */
function negation(words: Uint16Array, at: number, distance: number): number {
  const farthest = words[at - distance] ?? UNKNOWN;
  const between = words[at - distance + 1];
  const before = words[at - 1];
  if (distance > 1) {
    // Three words back the reference's "and" and "or" lack parentheses: "so" alone is enough.
    const isNeverSo = farthest === NEVER && (between === SO || between === THIS);
    const isSo = distance === FARTHEST && (before === SO || before === THIS);
    if (isNeverSo || isSo) return NEVER_SO;
    if (farthest === WITHOUT && (between === DOUBT || before === DOUBT)) return UNCHANGED;
  }
  return (traits[farthest] ?? 0) & NEGATION ? NEGATED : UNCHANGED;
}

/** "least good", but not "at least good" or "very least good" (_least_check). */
function isLeast(words: Uint16Array, at: number): boolean {
  return words[at - 1] === LEAST && words[at - 2] !== AT && words[at - 2] !== VERY;
}

/**
 * An idiom around the word at `at` replaces its valence, wherever in the idiom the word stands; a
 * booster of two words before it adds to that (_special_idioms_check).
 */
function idiomatic(words: Uint16Array, at: number, valence: number): number {
  const third = words[at - 3] ?? UNKNOWN;
  const second = words[at - 2] ?? UNKNOWN;
  const first = words[at - 1] ?? UNKNOWN;
  const word = words[at] ?? UNKNOWN;
  const next = words[at + 1] ?? UNKNOWN;
  const afterNext = words[at + 2] ?? UNKNOWN;
  // The first idiom that reaches back counts, unless one reaches forward.
  const back =
    idiom(first, word) ??
    idiom(second, first, word) ??
    idiom(second, first) ??
    idiom(third, second, first) ??
    idiom(third, second);
  const meant = idiom(word, next, afterNext) ?? idiom(word, next) ?? back ?? valence;
  return meant + boosterPhrase(third, second) + boosterPhrase(second, first);
}

function idiom(first: WordId, second: WordId, third?: WordId): number | undefined {
  if (!startsPhrase(first)) return undefined;
  return idioms.get(third === undefined ? pairKey(first, second) : tripleKey(first, second, third));
}

function boosterPhrase(first: WordId, second: WordId): number {
  return startsPhrase(first) ? (boosterPhrases.get(pairKey(first, second)) ?? 0) : 0;
}

function startsPhrase(word: WordId): boolean {
  return ((traits[word] ?? 0) & STARTS_PHRASE) !== 0;
}
