// Lists of numbers that grow at their end and shrink at their beginning, one for each slot.

import { Blocks } from '../base/blocks.ts';
import { withRoomFor } from '../base/numbers.ts';

/** The shortest list has room for so many. */
const SHORTEST = 8;

/** What is known of a list: where its room begins, how much that is, and the numbers of its first element and its end. */
const ROW = 4;
const PLACE = 0;
const ROOM = 1;
const FIRST = 2;
const END = 3;

export class NumberLists {
  #rows = new Float64Array(64 * ROW);
  readonly #blocks = new Blocks();

  /** The elements of a list are numbered from here up to `end`. Each keeps its number. */
  first(slot: number): number {
    return this.#rows[slot * ROW + FIRST] as number;
  }

  end(slot: number): number {
    return this.#rows[slot * ROW + END] as number;
  }

  size(slot: number): number {
    return this.end(slot) - this.first(slot);
  }

  has(slot: number, element: number): boolean {
    const end = this.end(slot);
    for (let number = this.first(slot); number < end; number += 1) {
      if (this.at(slot, number) === element) return true;
    }
    return false;
  }

  /** The element with this number, which must be there. */
  at(slot: number, number: number): number {
    const rows = this.#rows;
    const row = slot * ROW;
    return this.#blocks.cells[
      placeOf(rows[row + PLACE] as number, rows[row + ROOM] as number, number)
    ] as number;
  }

  /** Prepares the list of a slot, which is empty. */
  open(slot: number): void {
    this.#rows = withRoomFor(this.#rows, (slot + 1) * ROW);
  }

  push(slot: number, element: number): void {
    const rows = this.#rows;
    const row = slot * ROW;
    const end = rows[row + END] as number;
    const size = end - (rows[row + FIRST] as number);
    if (size === rows[row + ROOM]) this.#makeRoom(slot, size + 1);
    rows[row + END] = end + 1;
    this.#blocks.cells[placeOf(rows[row + PLACE] as number, rows[row + ROOM] as number, end)] =
      element;
  }

  /** Adds those of `elements` that stand where `indices` say, from the index at `from` until before that at `to`. */
  append(
    slot: number,
    elements: Readonly<Uint32Array>,
    indices: Readonly<Uint16Array>,
    from: number,
    to: number,
  ): void {
    this.#makeRoom(slot, this.size(slot) + to - from);
    const rows = this.#rows;
    const row = slot * ROW;
    const { cells } = this.#blocks;
    const place = rows[row + PLACE] as number;
    const room = rows[row + ROOM] as number;
    const end = rows[row + END] as number;
    for (let i = from; i < to; i += 1) {
      cells[placeOf(place, room, end + i - from)] = elements[indices[i] as number] as number;
    }
    rows[row + END] = end + to - from;
  }

  /** Drops the elements before the one with the number `end`. `take` gets each of them. */
  dropUntil(slot: number, end: number, take: (element: number) => void = ignore): void {
    const rows = this.#rows;
    const row = slot * ROW;
    const { cells } = this.#blocks;
    const place = rows[row + PLACE] as number;
    const room = rows[row + ROOM] as number;
    for (let number = rows[row + FIRST] as number; number < end; number += 1) {
      take(cells[placeOf(place, room, number)] as number);
    }
    rows[row + FIRST] = end;
  }

  /** Puts these in the place of all. The end stays. */
  replace(slot: number, elements: readonly number[]): void {
    const end = this.end(slot);
    this.dropUntil(slot, end);
    this.#makeRoom(slot, elements.length);
    this.#rows[slot * ROW + END] = end - elements.length;
    this.dropUntil(slot, end - elements.length);
    for (const element of elements) this.push(slot, element);
  }

  close(slot: number): void {
    const row = slot * ROW;
    this.#blocks.free(this.#rows[row + PLACE] as number, this.#rows[row + ROOM] as number);
    this.#rows.fill(0, row, row + ROW);
  }

  #makeRoom(slot: number, size: number): void {
    const rows = this.#rows;
    const row = slot * ROW;
    const from = rows[row + PLACE] as number;
    const before = rows[row + ROOM] as number;
    let room = Math.max(SHORTEST, before);
    while (room < size) room *= 2;
    if (room === before) return;
    const to = this.#blocks.take(room);
    const { cells } = this.#blocks;
    const end = this.end(slot);
    for (let number = this.first(slot); number < end; number += 1) {
      cells[placeOf(to, room, number)] = cells[placeOf(from, before, number)] as number;
    }
    this.#blocks.free(from, before);
    rows[row + PLACE] = to;
    rows[row + ROOM] = room;
  }
}

function ignore(): void {}

/** Where the element with this number stands. A room is a power of two, and a list goes on at its beginning. */
function placeOf(place: number, room: number, number: number): number {
  return place + (number & (room - 1));
}
