// Knows since when each source has been live. Times are in milliseconds since 1970.

import { isAt, type Track } from '../track/track.ts';

/** A source may take this long to notice that it has lost its upstream, in milliseconds. */
export const NOTICED_AFTER = 30_000;

export class LiveSince {
  /** By source; Infinity while it is not live. Lacks sources that were never needed. */
  readonly #since = new Map<string, number>();

  set(source: string, isLive: boolean, now: number): void {
    const since = this.#since.get(source) ?? Number.POSITIVE_INFINITY;
    if (!isLive) this.#since.set(source, Number.POSITIVE_INFINITY);
    else if (since === Number.POSITIVE_INFINITY) this.#since.set(source, now);
  }

  /** The source is not needed any more, and lacks nothing from then on. */
  rest(source: string, now: number): void {
    if (this.#since.has(source)) this.set(source, true, now);
  }

  /** Since when every source of the track has been live; Infinity while one is not. */
  of(track: Track): number {
    let last = Number.NEGATIVE_INFINITY;
    for (const [source, since] of this.#since) {
      if (since > last && isAt(track, source)) last = since;
    }
    return last === Number.NEGATIVE_INFINITY ? Number.POSITIVE_INFINITY : last;
  }

  /** Nothing is known of the time before `time`. */
  notBefore(time: number): void {
    for (const [source, since] of this.#since) this.#since.set(source, Math.max(since, time));
  }

  /** The clock was set back, and what is live has been so since `time`. */
  goBack(time: number): void {
    for (const [source, since] of this.#since) {
      if (since !== Number.POSITIVE_INFINITY) this.#since.set(source, time);
    }
  }
}
