// A small table that knows most words that no track mentions, so that the large one need not be asked.

import type { Word } from './words.ts';

/** Bits for each word: with one of them set by every word, one in nine strangers looks like a friend. */
const BITS_A_WORD = 8;
const FEWEST_BITS = 1 << 13;

/** A Bloom filter (Bloom 1970) of one hash. It is made anew when it grows, and after many left. */
export class WordFilter {
  #bits = new Uint32Array(FEWEST_BITS / 32);
  /** Words added since it was made; those that have left leave their bits behind. */
  #added = 0;
  #gone = 0;

  /** False when `word` was certainly not added. */
  mayHave(word: Word): boolean {
    const bit = hash(word) & (this.#bits.length * 32 - 1);
    return ((this.#bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }

  /** Adds `word`, which is one of `all`. */
  add(word: Word, all: ReadonlyMap<Word, unknown>): void {
    this.#added += 1;
    if (this.#added * BITS_A_WORD > this.#bits.length * 32) this.#make(all);
    else this.#set(word);
  }

  /** To be called after a word has left `all`. */
  forgot(all: ReadonlyMap<Word, unknown>): void {
    this.#gone += 1;
    if (this.#gone > FEWEST_BITS && this.#gone > all.size) this.#make(all);
  }

  #make(all: ReadonlyMap<Word, unknown>): void {
    let bits = FEWEST_BITS;
    // Room to double before it is made again, so that adding costs the same however many there are.
    while (bits < 2 * all.size * BITS_A_WORD) bits *= 2;
    this.#bits = new Uint32Array(bits / 32);
    this.#added = all.size;
    this.#gone = 0;
    for (const word of all.keys()) this.#set(word);
  }

  #set(word: Word): void {
    const bit = hash(word) & (this.#bits.length * 32 - 1);
    this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }
}

/** FNV-1a (Fowler, Noll, Vo) over code units, with its high bits mixed into the low ones. */
function hash(word: Word): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) value = Math.imul(value ^ word.charCodeAt(i), 0x01000193);
  return value ^ (value >>> 15);
}
