// Room for many small tables of numbers, side by side in one large array: a small table takes little memory, and the
// garbage collector need not follow each.

import { withRoomFor } from '../base/numbers.ts';

export class NumberPool {
  /** Another array once `take` has made it longer. */
  numbers = new Uint32Array(1024);
  #taken = 0;
  /** Rooms that were released: where they begin, by the binary logarithm of their length. */
  readonly #free: number[][] = [];

  /** Returns where there is room for `length` numbers, a power of two. What is there is left from before. */
  take(length: number): number {
    const free = this.#free[Math.log2(length)]?.pop();
    if (free !== undefined) return free;
    const place = this.#taken;
    this.#taken += length;
    this.numbers = withRoomFor(this.numbers, this.#taken);
    return place;
  }

  release(place: number, length: number): void {
    if (length === 0) return;
    const free = this.#free[Math.log2(length)] ?? [];
    this.#free[Math.log2(length)] = free;
    free.push(place);
  }
}
