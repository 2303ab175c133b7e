// Numbers for things, and the last post that each was seen in. They lie side by side, so that reading them seldom waits
// for memory.

const FIRST = 1024;

export class SeenNumbers {
  /** The number of the last post, by the number of the thing. */
  seenIn = new Float64Array(FIRST);
  #taken = 0;
  readonly #free: number[] = [];

  /** Returns a number that is unique until it is freed. */
  take(): number {
    const number = this.#free.pop() ?? this.#taken++;
    if (number >= this.seenIn.length) {
      const larger = new Float64Array(2 * this.seenIn.length);
      larger.set(this.seenIn);
      this.seenIn = larger;
    }
    return number;
  }

  free(number: number): void {
    this.#free.push(number);
  }
}
