// A budget of requests: never more in any window than the upstream allows, however they bunch.

import type { Clock } from '../../base/clock.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import { WINDOW_MS } from './limits.ts';

/** The share of a window's requests that may be made at once; the rest is spread over the window. */
const BURST_SHARE = 0.25;

/** What the bucket holds and what flows in during a window add up to the allowance. */
export class RequestBudget {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #bucket: TokenBucket;
  #blockedUntil = Number.NEGATIVE_INFINITY;

  constructor(perWindow: number, clock: Clock) {
    this.#clock = clock;
    this.#burst = Math.max(1, Math.floor(perWindow * BURST_SHARE));
    const perSecond = (Math.max(1, perWindow - this.#burst) / WINDOW_MS) * 1000;
    this.#bucket = new TokenBucket(perSecond, this.#burst, clock.monotonic());
  }

  /** Milliseconds until a request may be made that leaves `reserve` more; 0 for now. */
  wait(reserve = 0): number {
    const now = this.#clock.monotonic();
    const filling = this.#bucket.wait(now, 1 + Math.min(reserve, this.#burst - 1));
    return Math.ceil(Math.max(filling, this.#blockedUntil - now));
  }

  /** Counts a request, if one may be made now; returns whether it may. */
  take(reserve = 0): boolean {
    if (this.wait(reserve) > 0) return false;
    this.#bucket.charge(this.#clock.monotonic(), 1);
    return true;
  }

  /** The upstream says that nothing is left for the next `ms` milliseconds. */
  block(ms: number): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, this.#clock.monotonic() + ms);
  }
}
