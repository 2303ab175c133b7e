// Keys in the order in which they came. Each can leave at any time, for the price of a few numbers.

import { withRoomFor } from '../base/numbers.ts';

/** What is known of a place: the places before and after it. In the queue, neither is 0. */
const ROW = 2;
const BEFORE = 0;
const AFTER = 1;
/** The place between the newest key and the oldest one. That of key 0 follows. */
const ENDS = 1;
const FIRST = 2;

export class KeyQueue {
  #rows = new Uint32Array(1024 * ROW).fill(ENDS, ENDS * ROW, FIRST * ROW);

  /** The oldest key. */
  get oldest(): number | undefined {
    const place = this.#rows[ENDS * ROW + AFTER] as number;
    return place === ENDS ? undefined : place - FIRST;
  }

  /** Adds a key that is not there. */
  add(key: number): void {
    const place = key + FIRST;
    this.#rows = withRoomFor(this.#rows, (place + 1) * ROW);
    const newest = this.#rows[ENDS * ROW + BEFORE] as number;
    this.#link(newest, place);
    this.#link(place, ENDS);
  }

  /** Returns whether the key was there. */
  delete(key: number): boolean {
    const row = (key + FIRST) * ROW;
    const after = this.#rows[row + AFTER] ?? 0;
    if (after === 0) return false;
    this.#link(this.#rows[row + BEFORE] as number, after);
    this.#rows[row + AFTER] = 0;
    return true;
  }

  #link(before: number, after: number): void {
    this.#rows[before * ROW + AFTER] = after;
    this.#rows[after * ROW + BEFORE] = before;
  }
}
