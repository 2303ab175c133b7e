// A small table that rules out most words that no track mentions, so that the large table is seldom asked.

import type { Word } from './word.ts';

/** The bits of the table for each word, which sets three of them. At most one unknown word in thirty passes. */
const BITS_A_WORD = 8;
const FEWEST_BITS = 1 << 13;

/**
 * A Bloom filter (Bloom 1970) whose bits for a word all lie in one cell of 32, so that a lookup reads one place in memory
 * (blocked, as by Putze, Sanders and Singler 2007). It is rebuilt when it grows, and after many words have left.
 */
export class WordFilter {
  #cells = new Uint32Array(FEWEST_BITS / 32);
  /** Words added since it was built. Words that leave leave their bits behind. */
  #added = 0;
  #left = 0;

  /** False when no word of this hash was added. */
  mayHave(hash: number): boolean {
    const bits = bitsOf(hash);
    return ((this.#cells[hash & (this.#cells.length - 1)] ?? 0) & bits) === bits;
  }

  /** Adds `word`, which is one of `all`. */
  add(word: Word, all: ReadonlyMap<Word, unknown>): void {
    this.#added += 1;
    if (this.#added * BITS_A_WORD > this.#cells.length * 32) this.#rebuild(all);
    else this.#set(word);
  }

  /** MUST be called after a word has left `all`. */
  forgot(all: ReadonlyMap<Word, unknown>): void {
    this.#left += 1;
    if (this.#left > FEWEST_BITS && this.#left > all.size) this.#rebuild(all);
  }

  #rebuild(all: ReadonlyMap<Word, unknown>): void {
    let bits = FEWEST_BITS;
    // Room to double before the next rebuild, so that adding a word costs the same at every size.
    while (bits < 2 * all.size * BITS_A_WORD) bits *= 2;
    this.#cells = new Uint32Array(bits / 32);
    this.#added = all.size;
    this.#left = 0;
    for (const word of all.keys()) this.#set(word);
  }

  #set(word: Word): void {
    const hash = hashOf(word);
    const cell = hash & (this.#cells.length - 1);
    this.#cells[cell] = (this.#cells[cell] ?? 0) | bitsOf(hash);
  }
}

/** FNV-1a (Fowler, Noll, Vo), its high bits mixed into the low ones. */
export function hashOf(word: Word): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  return hash ^ (hash >>> 15);
}

/** Three bits that do not depend on the choice of the cell. */
function bitsOf(hash: number): number {
  const mixed = Math.imul(hash, 0x9e3779b1);
  return (1 << (mixed >>> 27)) | (1 << (mixed >>> 22)) | (1 << (mixed >>> 17));
}
