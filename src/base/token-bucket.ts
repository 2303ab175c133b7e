// So many a second, and some at once: a bucket that drips full, and that every act takes from.

export class TokenBucket {
  readonly #rate: number;
  readonly #size: number;
  #tokens: number;
  #at: number;

  /** Full at `now`. `rate` is in tokens a second, times in milliseconds; Infinity is no limit. */
  constructor(rate: number, size: number, now: number) {
    this.#rate = rate;
    this.#size = size;
    this.#tokens = size;
    this.#at = now;
  }

  /** Whether there is something to take. What costs more than is there leaves a debt. */
  take(now: number, cost = 1): boolean {
    if (this.isEmpty(now)) return false;
    this.#tokens -= cost;
    return true;
  }

  /** Takes `cost` whether it is there or not. What is not there is a debt. */
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

  /** Whether it is as if nothing had ever been taken. */
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
