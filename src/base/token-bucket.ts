// A token bucket: it fills at a steady rate, and every act takes from it.

export class TokenBucket {
  readonly #rate: number;
  readonly #size: number;
  #tokens: number;
  #at: number;

  /** Full at `now`. `rate` is in tokens a second, times are in milliseconds. Infinity means no limit. */
  constructor(rate: number, size: number, now: number) {
    this.#rate = rate;
    this.#size = size;
    this.#tokens = size;
    this.#at = now;
  }

  /** Takes `cost`, unless the bucket is empty. A higher cost than there is leaves a debt. */
  take(now: number, cost = 1): boolean {
    if (this.isEmpty(now)) return false;
    this.#tokens -= cost;
    return true;
  }

  /** Takes `cost` in any case. What is missing becomes a debt. */
  charge(now: number, cost: number): void {
    this.#drip(now);
    this.#tokens -= cost;
  }

  /** Milliseconds until there are `tokens` to take. */
  wait(now: number, tokens = 1): number {
    this.#drip(now);
    return this.#tokens >= tokens ? 0 : ((tokens - this.#tokens) / this.#rate) * 1000;
  }

  isEmpty(now: number): boolean {
    this.#drip(now);
    return this.#tokens < 1;
  }

  isFull(now: number): boolean {
    this.#drip(now);
    return this.#tokens === this.#size;
  }

  #drip(now: number): void {
    if (now <= this.#at) return;
    const dripped = ((now - this.#at) / 1000) * this.#rate;
    this.#tokens = Math.min(this.#size, this.#tokens + dripped);
    this.#at = now;
  }
}
