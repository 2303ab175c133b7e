// Every word that matters to VADER, under a small number, with what the rules ask of it. A token is
// looked up where it stands in the text: nothing is cut out, lower-cased or allocated for it.

import { kinds, UPPER } from './characters.ts';
import { BOOSTER_PHRASES, BOOSTERS, IDIOMS, NEGATIONS, VALENCES } from './lexicon.ts';

/** A word's number. The first three are no words, but stand for tokens outside the vocabulary. */
export type WordId = number;
export const UNKNOWN: WordId = 0;
/** Stands before a text's first token. It passes for rated, so no rule takes it for a modifier. */
export const ABSENT: WordId = 1;
/** An unlisted word with "n't" in it. */
export const CONTRACTED_NOT: WordId = 2;
const FIRST_WORD: WordId = 3;
/** More than there are words. */
const KEY_STEP = 2 ** 16;

/** The hash (FNV-1a) of no characters, and that of one more, given in lower case. */
export const EMPTY_HASH = 0x811c9dc5 | 0;
export function extendHash(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193);
}

/** What a word is, as bits of `traits`. */
export const RATED = 1;
export const BOOSTER = 2;
export const NEGATION = 4;
export const STARTS_PHRASE = 8;

/** Words the rules name, besides those of the lists. */
const NAMED = 'no or nor kind of least at very never so this without doubt but'.split(' ');
const PHRASES = [...IDIOMS.keys(), ...BOOSTER_PHRASES.keys()].map((phrase) => phrase.split(' '));
const PHRASE_STARTS = new Set(PHRASES.map(([first]) => first));

const WORDS = [
  '',
  '',
  '',
  ...new Set([
    ...Object.keys(VALENCES).filter(isFindable),
    ...BOOSTERS.keys(),
    ...NEGATIONS,
    ...PHRASES.flat(),
    ...NAMED,
  ]),
];
const IDS = new Map(WORDS.map((word, id) => [word, id]));

/** By word: its traits; its valence by itself, if RATED; what it adds to another's, if a BOOSTER. */
export const traits = Uint8Array.from(WORDS, traitsOf);
traits[ABSENT] = RATED;
traits[CONTRACTED_NOT] = NEGATION;
export const ratings = Float64Array.from(WORDS, (word) => VALENCES[word] ?? 0);
export const increments = Float64Array.from(WORDS, (word) => BOOSTERS.get(word) ?? 0);

/** By `pairKey` or `tripleKey`: an idiom's valence; what a booster phrase adds. */
export const idioms = byKey(IDIOMS);
export const boosterPhrases = byKey(BOOSTER_PHRASES);

// An open-addressing hash table, about a quarter full: most tokens are in no list, and their search ends at once.
const SLOTS = 2 ** 15;
/** An empty slot holds UNKNOWN, so a search for an unlisted word returns UNKNOWN. */
const FREE: WordId = UNKNOWN;
const slots = new Uint16Array(SLOTS);
const hashes = Int32Array.from(WORDS, hashOf);
// The words' letters in a row, and where in it each starts.
const letters = Buffer.from(WORDS.join(''), 'latin1');
const starts = new Uint32Array(WORDS.length + 1);
for (const [id, word] of WORDS.entries()) starts[id + 1] = (starts[id] ?? 0) + word.length;
const LONGEST = Math.max(...WORDS.map((word) => word.length));
for (let id = FIRST_WORD; id < WORDS.length; id++) {
  let slot = slotOf(hashes[id] ?? 0);
  while (slots[slot] !== FREE) slot = (slot + 1) % SLOTS;
  slots[slot] = id;
}

/** The word's number; for the rules, which name words. Throws for a word nobody listed. */
export function idOf(word: string): WordId {
  const id = IDS.get(word);
  if (id === undefined) throw new Error(`"${word}" is not in the vocabulary`);
  return id;
}

/** Looks up the ASCII bytes from `start` to `end`, whose hash, in lower case, is this. */
export function find(bytes: Uint8Array, start: number, end: number, hash: number): WordId {
  for (let slot = slotOf(hash); ; slot = (slot + 1) % SLOTS) {
    const id = slots[slot] ?? FREE;
    if (id === FREE || (hashes[id] === hash && stands(id, bytes, start, end))) return id;
  }
}

/** Like `find`, for callers without a hash. */
export function findUnhashed(bytes: Uint8Array, start: number, end: number): WordId {
  if (end - start > LONGEST) return UNKNOWN;
  let hash = EMPTY_HASH;
  for (let at = start; at < end; at++) hash = extendHash(hash, lowered(bytes[at] ?? 0));
  return find(bytes, start, end, hash);
}

export function pairKey(first: WordId, second: WordId): number {
  return first * KEY_STEP + second;
}

/** Never equal to a pair's key, because no phrase starts with UNKNOWN. */
export function tripleKey(first: WordId, second: WordId, third: WordId): number {
  return pairKey(pairKey(first, second), third);
}

function byKey(phrases: ReadonlyMap<string, number>): ReadonlyMap<number, number> {
  const keyed = [...phrases].map(([phrase, value]): [number, number] => {
    const [first = '', second = '', third] = phrase.split(' ');
    const pair = pairKey(idOf(first), idOf(second));
    return [third === undefined ? pair : pairKey(pair, idOf(third)), value];
  });
  return new Map(keyed);
}

function traitsOf(word: string): number {
  return (
    (Object.hasOwn(VALENCES, word) ? RATED : 0) |
    (BOOSTERS.has(word) ? BOOSTER : 0) |
    (NEGATIONS.has(word) || word.includes("n't") ? NEGATION : 0) |
    (PHRASE_STARTS.has(word) ? STARTS_PHRASE : 0)
  );
}

/** Entries in capitals or of several words are in the lexicon, but no token is ever like them. */
function isFindable(word: string): boolean {
  return /^[!-@[-~]+$/.test(word);
}

function hashOf(word: string): number {
  let hash = EMPTY_HASH;
  for (let at = 0; at < word.length; at++) hash = extendHash(hash, word.charCodeAt(at));
  return hash;
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}

function stands(id: WordId, bytes: Uint8Array, start: number, end: number): boolean {
  const first = starts[id] ?? 0;
  if ((starts[id + 1] ?? 0) - first !== end - start) return false;
  for (let at = start; at < end; at++) {
    if (letters[first + at - start] !== lowered(bytes[at] ?? 0)) return false;
  }
  return true;
}

function lowered(byte: number): number {
  return byte | ((kinds[byte] ?? 0) & UPPER);
}
