// A budget of requests: never more in any window than the upstream allows, however they bunch.

import type { Clock } from '../../base/clock.ts';
import { WINDOW_MS } from './limits.ts';

/** The share of a window's requests that may be made at once; the rest is spread over the window. */
const BURST_SHARE = 0.25;

/** A token bucket. What it holds and what flows in during a window add up to the allowance. */
export class RequestBudget {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #msPerToken: number;
  #tokens: number;
  #at: number;
  #blockedUntil = Number.NEGATIVE_INFINITY;

  constructor(perWindow: number, clock: Clock) {
    this.#clock = clock;
    this.#burst = Math.max(1, Math.floor(perWindow * BURST_SHARE));
    this.#msPerToken = WINDOW_MS / Math.max(1, perWindow - this.#burst);
    this.#tokens = this.#burst;
    this.#at = clock.monotonic();
  }

  /** Milliseconds until a request may be made that leaves `reserve` more; 0 for now. */
  wait(reserve = 0): number {
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) / this.#msPerToken);
    this.#at = now;
    const missing = 1 + Math.min(reserve, this.#burst - 1) - this.#tokens;
    const filling = Math.max(0, Math.ceil(missing * this.#msPerToken));
    return Math.max(filling, Math.ceil(this.#blockedUntil - now));
  }

  /** Counts a request, if one may be made now; returns whether it may. */
  take(reserve = 0): boolean {
    if (this.wait(reserve) > 0) return false;
    this.#tokens -= 1;
    return true;
  }

  /** The upstream says that nothing is left for the next `ms` milliseconds. */
  block(ms: number): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, this.#clock.monotonic() + ms);
  }
}
