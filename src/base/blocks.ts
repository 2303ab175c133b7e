// Blocks of numbers, side by side in one array, so that reading them in order seldom waits for memory.

import { withRoomFor } from './numbers.ts';

const FIRST_CELLS = 1024;

export class Blocks {
  /** Another array once `take` has made it longer. */
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
    this.cells = withRoomFor(this.cells, this.#end);
    return place;
  }

  free(place: number, length: number): void {
    if (length === 0) return;
    const free = this.#free.get(length);
    if (free === undefined) this.#free.set(length, [place]);
    else free.push(place);
  }
}
