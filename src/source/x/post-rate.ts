// How many posts a day X sends at the moment: as in the last hour, or since the stream was opened for the open topics.

import type { Clock } from '../../base/clock.ts';

const MINUTE_MS = 60_000;
const SPAN_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * SPAN_MS;

export class PostRate {
  readonly #clock: Clock;
  /** When posts began to come, in milliseconds of the monotonic clock. */
  #since: number | undefined;
  /** The posts of each minute of the span, by the minute's number. */
  readonly #posts = new Map<number, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Posts come from now on, of other topics than before. */
  begin(): void {
    this.#since = this.#clock.monotonic();
    this.#posts.clear();
  }

  count(): void {
    const minute = Math.floor(this.#clock.monotonic() / MINUTE_MS);
    const posts = this.#posts.get(minute);
    this.#posts.set(minute, (posts ?? 0) + 1);
    if (posts !== undefined) return;
    for (const old of this.#posts.keys()) if (!isInSpan(old, minute)) this.#posts.delete(old);
  }

  /** Undefined before posts have begun to come. */
  get perDay(): number | undefined {
    if (this.#since === undefined) return undefined;
    const now = this.#clock.monotonic();
    const minute = Math.floor(now / MINUTE_MS);
    let posts = 0;
    for (const [each, count] of this.#posts) if (isInSpan(each, minute)) posts += count;
    // The first seconds say little, so they count as a minute.
    const time = Math.max(MINUTE_MS, Math.min(now - this.#since, SPAN_MS));
    return (posts * DAY_MS) / time;
  }
}

/** The minute that runs, and the 59 before it. */
function isInSpan(minute: number, now: number): boolean {
  return minute > now - SPAN_MS / MINUTE_MS;
}
