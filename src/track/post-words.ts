// The post being matched: which words that tracks mention it has, and where they stand together.

import type { KnownWords } from './known-words.ts';
import type { NumberSet } from './number-set.ts';
import { PhraseIndex } from './phrase-index.ts';
import { hasSignsInPost, lettersTo, SIGNS_FOLLOW, type Word } from './word.ts';
import { hashOf } from './word-filter.ts';

/** Stands for a word that no track mentions. */
const UNKNOWN = -1;
/** Places that stay allocated for the next post. */
const KEPT_PLACES = 1024;
/**
 * The matcher first looks for phrases place by place, which is fastest for nearly every post. A step compares one word.
 * After so many steps for each word of a post, an index of the post pays for itself.
 */
const STEPS_BEFORE_INDEX = 64;
/**
 * The index cannot find phrases in which only some words have signs, such as "i love #rust" and `example.com`. After so
 * many steps for a post, the matcher no longer looks for them. Only a post that repeats a few words thousands of times
 * takes so many.
 */
const MAX_STEPS = 2_000_000;

export class PostWords {
  readonly #known: KnownWords;
  #length = 0;
  /** The number of the word at each place. */
  readonly #words: number[] = [];
  /** Where the post has `#rust`, this has `rust`. */
  readonly #bare: number[] = [];
  /** The first place of each word of the post, by its number. */
  #firstAt = new Int32Array(0);
  readonly #hashes: number[] = [];
  /** Words compared to find phrases in this post. */
  steps = 0;
  /** The post for phrases without signs, and for phrases of nothing but words with signs. */
  #plain: PhraseIndex | undefined;
  #exact: PhraseIndex | undefined;

  constructor(known: KnownWords) {
    this.#known = known;
  }

  /** The known words that the post has. */
  get present(): NumberSet {
    return this.#known.numbers;
  }

  read(text: readonly Word[]): void {
    const { numbers, filter } = this.#known;
    numbers.clear();
    if (this.#firstAt.length < numbers.members.length) {
      this.#firstAt = new Int32Array(numbers.members.length);
    }
    this.#length = text.length;
    this.steps = 0;
    this.#plain = undefined;
    this.#exact = undefined;
    if (this.#words.length > KEPT_PLACES) {
      this.#words.length = KEPT_PLACES;
      this.#bare.length = KEPT_PLACES;
      this.#hashes.length = KEPT_PLACES;
    }
    // All hashes come first, so that the waits for memory of the filter overlap.
    for (let at = 0; at < text.length; at++) this.#hashes[at] = hashOf(text[at] as Word);
    for (let at = 0; at < text.length; at++) {
      const word = text[at] as Word;
      this.#words[at] = filter.mayHave(this.#hashes[at] as number) ? this.#see(word, at) : UNKNOWN;
      this.#bare[at] = hasSignsInPost(word) ? this.#readSigns(word, at) : UNKNOWN;
    }
  }

  /** Returns the word at `at` without its signs. */
  #readSigns(word: Word, at: number): number {
    if (word.startsWith(SIGNS_FOLLOW)) this.#words[at] = this.#seePart(word, word.length, at);
    return this.#seePart(word, lettersTo(word), at);
  }

  /** Sees the word from behind the first sign up to `to`. */
  #seePart(word: Word, to: number, at: number): number {
    const part = word.slice(1, to);
    return this.#known.filter.mayHave(hashOf(part)) ? this.#see(part, at) : UNKNOWN;
  }

  #see(word: Word, at: number): number {
    const { numbers } = this.#known;
    const number = this.#known.numberOf(word) ?? UNKNOWN;
    if (number !== UNKNOWN && !numbers.has(number)) {
      numbers.add(number);
      this.#firstAt[number] = at;
    }
    return number;
  }

  /** Whether a phrase, the numbers in `cells` from `from` to `to`, stands anywhere in the post. */
  stands(cells: Int32Array, from: number, to: number): boolean {
    let start = 0;
    for (let i = from; i < to; i++) {
      const word = cells[i] as number;
      if (!this.present.has(word)) return false;
      start = Math.max(start, (this.#firstAt[word] as number) - (i - from));
    }
    const most = STEPS_BEFORE_INDEX * this.#length;
    for (const last = this.#length - (to - from); start <= last; start++) {
      if (this.steps > most) return this.#standsSomewhere(cells, from, to, start);
      if (this.#standsAt(cells, from, to, start)) return true;
    }
    return false;
  }

  #standsAt(cells: Int32Array, from: number, to: number, start: number): boolean {
    for (let i = from, at = start; i < to; i++, at++) {
      if (this.#words[at] !== cells[i] && this.#bare[at] !== cells[i]) {
        this.steps += i - from + 1;
        return false;
      }
    }
    return true;
  }

  /** The same from `start` on, for a post that has taken many steps already. */
  #standsSomewhere(cells: Int32Array, from: number, to: number, start: number): boolean {
    this.steps += to - from;
    const firstPlaces: number[] = [];
    let signed = 0;
    for (let i = from; i < to; i++) {
      firstPlaces.push(this.#firstAt[cells[i] as number] as number);
      if (this.#known.isSigned(cells[i] as number)) signed += 1;
    }
    if (signed === 0) {
      this.#plain ??= this.#index((at) => this.#bareOr(at), false);
      return this.#plain.has(firstPlaces);
    }
    if (signed === to - from) {
      this.#exact ??= this.#index((at) => this.#words[at] as number, true);
      return this.#exact.has(firstPlaces);
    }
    const last = this.#length - (to - from);
    for (let at = start; at <= last && this.steps < MAX_STEPS; at++) {
      if (this.#standsAt(cells, from, to, at)) return true;
    }
    return false;
  }

  #bareOr(at: number): number {
    const bare = this.#bare[at] as number;
    return bare === UNKNOWN ? (this.#words[at] as number) : bare;
  }

  /** Indexes the words with signs or those without: one of each may have the same first place. */
  #index(wordAt: (place: number) => number, signed: boolean): PhraseIndex {
    this.steps += this.#length;
    // No word has this first place, so it can stand for all other words.
    const nowhere = this.#length;
    const places = Array.from({ length: this.#length }, (_, at) => {
      const word = wordAt(at);
      const isMeant = word !== UNKNOWN && this.#known.isSigned(word) === signed;
      return isMeant ? (this.#firstAt[word] as number) : nowhere;
    });
    return new PhraseIndex(places, nowhere + 1);
  }
}
