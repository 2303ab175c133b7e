// The post being matched: which words that tracks mention it has, and where they stand together.

import { PhraseIndex } from './phrase-index.ts';
import { SeenNumbers } from './seen-numbers.ts';
import { hasSignsInPost, lettersTo, SIGNS_FOLLOW, type Word } from './word.ts';
import { hashOf, type WordFilter } from './word-filter.ts';

/** A word that some active track mentions. */
export interface KnownWord {
  readonly word: Word;
  readonly hasSigns: boolean;
  /** Unique among the words of active tracks. */
  readonly id: number;
  /** The number of the last post that has it, and its first place in that post. */
  seenIn: number;
  firstAt: number;
}

/** Words that must stand together. */
export type Phrase = readonly KnownWord[];

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

export class PostWords<W extends KnownWord> {
  readonly #known: ReadonlyMap<Word, W>;
  readonly #filter: WordFilter;
  /** The number of the post, counted from 1. */
  number = 0;
  #length = 0;
  /** The first `presentCount` of them are the post's known words, each once. */
  readonly present: W[] = [];
  /** The ids of known words, and which post last had each. */
  readonly words = new SeenNumbers();
  presentCount = 0;
  /** The known word at each place. */
  readonly #words: (W | undefined)[] = [];
  /** Where the post has `#rust`, this has `rust`. */
  readonly #bare: (W | undefined)[] = [];
  readonly #hashes: number[] = [];
  /** Words compared to find phrases in this post. */
  steps = 0;
  /** The post for phrases without signs, and for phrases of nothing but words with signs. */
  #plain: PhraseIndex | undefined;
  #exact: PhraseIndex | undefined;

  constructor(known: ReadonlyMap<Word, W>, filter: WordFilter) {
    this.#known = known;
    this.#filter = filter;
  }

  read(text: readonly Word[]): void {
    this.number += 1;
    this.presentCount = 0;
    this.#length = text.length;
    this.steps = 0;
    this.#plain = undefined;
    this.#exact = undefined;
    if (this.#words.length > KEPT_PLACES) {
      this.#words.length = KEPT_PLACES;
      this.#bare.length = KEPT_PLACES;
      this.#hashes.length = KEPT_PLACES;
      this.present.length = Math.min(this.present.length, KEPT_PLACES);
    }
    // All hashes come first, so that the waits for memory of the filter overlap.
    for (let at = 0; at < text.length; at++) this.#hashes[at] = hashOf(text[at] as Word);
    for (let at = 0; at < text.length; at++) {
      const word = text[at] as Word;
      this.#words[at] = this.#filter.mayHave(this.#hashes[at] as number)
        ? this.#see(word, at)
        : undefined;
      this.#bare[at] = hasSignsInPost(word) ? this.#readSigns(word, at) : undefined;
    }
  }

  /** Returns the word at `at` without its signs. */
  #readSigns(word: Word, at: number): W | undefined {
    if (word.startsWith(SIGNS_FOLLOW)) this.#words[at] = this.#seePart(word, word.length, at);
    return this.#seePart(word, lettersTo(word), at);
  }

  /** Sees the word from behind the first sign up to `to`. */
  #seePart(word: Word, to: number, at: number): W | undefined {
    const part = word.slice(1, to);
    return this.#filter.mayHave(hashOf(part)) ? this.#see(part, at) : undefined;
  }

  #see(word: Word, at: number): W | undefined {
    const known = this.#known.get(word);
    if (known !== undefined && known.seenIn !== this.number) {
      known.seenIn = this.number;
      this.words.seenIn[known.id] = this.number;
      known.firstAt = at;
      this.present[this.presentCount++] = known;
    }
    return known;
  }

  /** Whether the words of a phrase stand together anywhere in the post. */
  stands(phrase: Phrase): boolean {
    let start = 0;
    for (let i = 0; i < phrase.length; i++) {
      const word = phrase[i] as KnownWord;
      if (word.seenIn !== this.number) return false;
      start = Math.max(start, word.firstAt - i);
    }
    if (phrase.length === 1) return true;
    const most = STEPS_BEFORE_INDEX * this.#length;
    for (const last = this.#length - phrase.length; start <= last; start++) {
      if (this.steps > most) return this.#standsSomewhere(phrase, start);
      if (this.#standsAt(phrase, start)) return true;
    }
    return false;
  }

  #standsAt(phrase: Phrase, at: number): boolean {
    for (let i = 0; i < phrase.length; i++) {
      const word = phrase[i];
      if (this.#words[at + i] !== word && this.#bare[at + i] !== word) {
        this.steps += i + 1;
        return false;
      }
    }
    return true;
  }

  /** The same from `start` on, for a post that has taken many steps already. */
  #standsSomewhere(phrase: Phrase, start: number): boolean {
    this.steps += phrase.length;
    let signed = 0;
    for (const word of phrase) if (word.hasSigns) signed += 1;
    if (signed === 0) {
      this.#plain ??= this.#index((at) => this.#bare[at] ?? this.#words[at], false);
      return this.#plain.has(phrase);
    }
    if (signed === phrase.length) {
      this.#exact ??= this.#index((at) => this.#words[at], true);
      return this.#exact.has(phrase);
    }
    const last = this.#length - phrase.length;
    for (let at = start; at <= last && this.steps < MAX_STEPS; at++) {
      if (this.#standsAt(phrase, at)) return true;
    }
    return false;
  }

  /** Indexes the words with signs or those without: one of each may have the same first place. */
  #index(wordAt: (place: number) => W | undefined, signed: boolean): PhraseIndex {
    this.steps += this.#length;
    // No word has this first place, so it can stand for all other words.
    const nowhere = this.#length;
    const places = Array.from({ length: this.#length }, (_, at) => {
      const word = wordAt(at);
      return word !== undefined && word.hasSigns === signed ? word.firstAt : nowhere;
    });
    return new PhraseIndex(places, nowhere + 1);
  }
}
