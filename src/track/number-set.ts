// Numbers for things, and the set of those that the present post has. Each takes one bit, so that those of a hundred
// thousand things stay in the fastest memory of a processor.

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
    if (number >= this.members.length) {
      this.#bits = enlarged(this.#bits, 2 * this.#bits.length);
      this.members = enlarged(this.members, 2 * this.members.length);
    }
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

/** A copy with room for `length` numbers. */
export function enlarged(
  numbers: Int32Array<ArrayBuffer>,
  length: number,
): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(numbers);
  return larger;
}
