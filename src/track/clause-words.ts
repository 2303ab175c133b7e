// What clauses need and exclude, as numbers of words side by side in one array. A post that many tracks are about makes
// the matcher check many clauses, and then it mostly waits for memory.

import { Blocks } from '../base/blocks.ts';
import type { PostWords } from './post-words.ts';

/** A word is its number. */
export interface Needs {
  readonly words: readonly number[];
  readonly excluded: readonly number[];
  /** Words that must stand together. */
  readonly phrases: readonly Phrase[];
  /** Words that must not stand together. */
  readonly noPhrases: readonly Phrase[];
}

type Phrase = readonly number[];

/**
 * A block begins with its length, the number of needed words, of excluded words, and of phrases that must stand. Then
 * come these words and phrases, and the phrases that must not stand. A phrase begins with its length.
 */
const HEAD = 4;

export class ClauseWords {
  readonly #blocks = new Blocks();

  /** Stores what a clause needs, and returns its place. */
  add({ words, excluded, phrases, noPhrases }: Needs): number {
    const body = [...words, ...excluded];
    for (const phrase of [...phrases, ...noPhrases]) body.push(phrase.length, ...phrase);
    const length = HEAD + body.length;
    const place = this.#blocks.take(length);
    const head = [length, words.length, excluded.length, phrases.length];
    this.#blocks.cells.set([...head, ...body], place);
    return place;
  }

  delete(place: number): void {
    this.#blocks.free(place, this.#blocks.cells[place] as number);
  }

  /** Whether `post` has all that a clause needs, and nothing that it excludes. */
  holds(place: number, post: PostWords): boolean {
    const { cells } = this.#blocks;
    const { present } = post;
    let at = place + HEAD;
    for (const end = at + (cells[place + 1] as number); at < end; at++) {
      if (!present.has(cells[at] as number)) return false;
    }
    for (const end = at + (cells[place + 2] as number); at < end; at++) {
      if (present.has(cells[at] as number)) return false;
    }
    const end = place + (cells[place] as number);
    for (let needed = cells[place + 3] as number; at < end; needed--) {
      const next = at + 1 + (cells[at] as number);
      if (post.stands(cells, at + 1, next) !== needed > 0) return false;
      at = next;
    }
    return true;
  }
}
