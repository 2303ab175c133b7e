// How many posts have a hashtag, for many topics: one small hash table for each.

import { Blocks } from '../base/blocks.ts';
import { withRoomFor } from '../base/numbers.ts';

const FEWEST_SLOTS = 4;

/** What is known of a table: where it begins, how many slots it has, and how many of them are in use. */
const ROW = 4;
const PLACE = 0;
const SLOTS = 1;
const USED = 2;

export class HashtagCounts {
  /** The most hashtags of one topic. Further ones are not counted. */
  readonly #most: number;
  #rows = new Uint32Array(64 * ROW);
  /** A slot is two numbers: that of a hashtag, plus one, and its posts. A free slot begins with 0. */
  readonly #blocks = new Blocks();

  constructor(most: number) {
    this.#most = most;
  }

  /** Prepares the tables of this topic and those with lower numbers. */
  makeRoom(topic: number): void {
    this.#rows = withRoomFor(this.#rows, (topic + 1) * ROW);
  }

  /** Forgets what was counted of a topic. */
  clear(topic: number): void {
    const row = topic * ROW;
    this.#blocks.free(this.#rows[row + PLACE] as number, 2 * (this.#rows[row + SLOTS] as number));
    this.#rows.fill(0, row, row + ROW);
  }

  /** Counts one more post with a hashtag, which is known by its number. Topics without a table are left out. */
  add(topic: number, hashtag: number): void {
    const rows = this.#rows;
    const row = topic * ROW;
    if (row >= rows.length) return;
    if (rows[row + SLOTS] === 0) this.#grow(row);
    const slot = this.#slotOf(row, hashtag);
    const { cells } = this.#blocks;
    if (cells[slot] === hashtag + 1) {
      cells[slot + 1] = (cells[slot + 1] as number) + 1;
      return;
    }
    const used = rows[row + USED] as number;
    if (used === this.#most) return;
    // Half of the slots stay free, so that a search ends soon.
    if (2 * used >= (rows[row + SLOTS] as number)) this.#grow(row);
    this.#put(row, hashtag, 1);
    rows[row + USED] = used + 1;
  }

  /** The numbers of all hashtags of a topic, and how many posts have each. */
  *of(topic: number): Generator<readonly [hashtag: number, posts: number]> {
    const row = topic * ROW;
    yield* this.#read(this.#rows[row + PLACE] as number, this.#rows[row + SLOTS] as number);
  }

  /** Where a hashtag is, or the free slot where it would be. */
  #slotOf(row: number, hashtag: number): number {
    const { cells } = this.#blocks;
    const place = this.#rows[row + PLACE] as number;
    const mask = 2 * (this.#rows[row + SLOTS] as number) - 1;
    for (let at = (2 * hashtag) & mask; ; at = (at + 2) & mask) {
      const found = cells[place + at];
      if (found === hashtag + 1 || found === 0) return place + at;
    }
  }

  #put(row: number, hashtag: number, posts: number): void {
    const slot = this.#slotOf(row, hashtag);
    const { cells } = this.#blocks;
    cells[slot] = hashtag + 1;
    cells[slot + 1] = posts;
  }

  #grow(row: number): void {
    const rows = this.#rows;
    const place = rows[row + PLACE] as number;
    const slots = rows[row + SLOTS] as number;
    const counted = [...this.#read(place, slots)];
    const more = Math.max(FEWEST_SLOTS, 2 * slots);
    const to = this.#blocks.take(2 * more);
    this.#blocks.cells.fill(0, to, to + 2 * more);
    rows[row + PLACE] = to;
    rows[row + SLOTS] = more;
    for (const [hashtag, posts] of counted) this.#put(row, hashtag, posts);
    this.#blocks.free(place, 2 * slots);
  }

  *#read(place: number, slots: number): Generator<readonly [hashtag: number, posts: number]> {
    const { cells } = this.#blocks;
    for (let at = place; at < place + 2 * slots; at += 2) {
      const found = cells[at] as number;
      if (found > 0) yield [found - 1, cells[at + 1] as number];
    }
  }
}
