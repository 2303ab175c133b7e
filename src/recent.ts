// A bounded memory of what was seen lately, to tell repeats of an upstream that delivers at least once.

export class Recent {
  readonly #capacity: number;
  readonly #keys = new Set<string>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Whether `key` is among the last `capacity` distinct ones; remembers it either way. */
  check(key: string): boolean {
    if (this.#keys.has(key)) return true;
    this.#keys.add(key);
    if (this.#keys.size > this.#capacity) {
      const [oldest] = this.#keys;
      if (oldest !== undefined) this.#keys.delete(oldest);
    }
    return false;
  }
}
