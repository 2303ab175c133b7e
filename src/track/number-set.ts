// Gives numbers to things, and keeps the set of those that the present post has. A number takes one bit, so that a
// hundred thousand of them stay in the fastest memory of a processor.

import { withRoomFor } from '../base/numbers.ts';

const FIRST = 1024;
const BITS = 32;

export class NumberSet {
  #bits = new Int32Array(FIRST / BITS);
  /** The first `size` of them are in the set. */
  members = new Int32Array(FIRST);
  size = 0;
  #taken = 0;
  readonly #free: number[] = [];

  /** Returns a number that is unique until it is freed. */
  take(): number {
    const number = this.#free.pop() ?? this.#taken++;
    this.#bits = withRoomFor(this.#bits, number >>> 5);
    this.members = withRoomFor(this.members, number);
    return number;
  }

  free(number: number): void {
    this.#free.push(number);
  }

  has(number: number): boolean {
    // A shift looks at the last five bits of its distance alone.
    return ((this.#bits[number >>> 5] as number) & (1 << number)) !== 0;
  }

  /** Adds a number that is not in the set. */
  add(number: number): void {
    this.#bits[number >>> 5] = (this.#bits[number >>> 5] as number) | (1 << number);
    this.members[this.size++] = number;
  }

  clear(): void {
    for (let i = 0; i < this.size; i++) this.#bits[(this.members[i] as number) >>> 5] = 0;
    this.size = 0;
  }
}
