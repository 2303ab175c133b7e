// A bounded memory of keys, to recognize the repeats of an upstream that delivers at least once.

export class SeenKeys {
  readonly #capacity: number;
  readonly #keys = new Set<string>();
  /** The same keys in a ring: finding a set's oldest key gets slower with each key that has left it. */
  readonly #ring: string[] = [];
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Whether `key` is among the last `capacity` distinct ones. */
  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** The remembered keys, oldest first. */
  [Symbol.iterator](): Iterator<string> {
    return this.#keys.values();
  }

  /** Whether `key` is among the last `capacity` distinct ones, and remembers `key` either way. */
  check(key: string): boolean {
    if (this.#keys.has(key)) return true;
    const oldest = this.#ring[this.#next];
    if (oldest !== undefined) this.#keys.delete(oldest);
    this.#keys.add(key);
    this.#ring[this.#next] = key;
    this.#next = (this.#next + 1) % this.#capacity;
    return false;
  }
}
