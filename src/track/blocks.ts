// Blocks of numbers, side by side in one array. Reading one after another seldom waits for memory.

import { enlarged } from './number-set.ts';

const FIRST_CELLS = 1024;

export class Blocks {
  cells = new Int32Array(FIRST_CELLS);
  #end = 0;
  /** Places of free blocks, by length. */
  readonly #free = new Map<number, number[]>();

  /** Returns the place of a block of `length` cells. Whatever stood there before may still stand there. */
  take(length: number): number {
    const free = this.#free.get(length)?.pop();
    if (free !== undefined) return free;
    const place = this.#end;
    this.#end += length;
    if (this.#end > this.cells.length) {
      this.cells = enlarged(this.cells, Math.max(this.#end, 2 * this.cells.length));
    }
    return place;
  }

  free(place: number, length: number): void {
    const free = this.#free.get(length);
    if (free === undefined) this.#free.set(length, [place]);
    else free.push(place);
  }
}
