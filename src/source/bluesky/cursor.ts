// Where to resume after a break: a time in microseconds, as Jetstream stamps events.

/** How far back a resumed connection begins, so that no post is lost at the seam. */
export const SAME_HOST_OVERLAP_MS = 5_000;
/** Each host stamps events when it gets them itself, so another one needs more. */
export const OTHER_HOST_OVERLAP_MS = 30_000;
/**
 * After a longer break the stream begins at now: older posts would pass for live ones. A time that differs
 * more than this from ours is not believed either.
 */
export const LONGEST_RESUMED_BREAK_MS = 10 * 60_000;

export class Cursor {
  /** Everything up to here has arrived. */
  #reached: number | undefined;
  /** The host whose time that is. */
  #reachedOn: string | undefined;
  #host: string | undefined;
  /** The last time on this connection. */
  #previous: number | undefined;

  /** A connection to `host` begins. Returns the time to resume from; undefined to begin at now. */
  begin(host: string, now: number): number | undefined {
    this.#host = host;
    this.#previous = undefined;
    if (this.#reached === undefined) return undefined;
    if (Math.abs(now * 1000 - this.#reached) > LONGEST_RESUMED_BREAK_MS * 1000) {
      this.forget();
      return undefined;
    }
    const overlap = host === this.#reachedOn ? SAME_HOST_OVERLAP_MS : OTHER_HOST_OVERLAP_MS;
    return this.#reached - overlap * 1000;
  }

  /**
   * An event with the time `timeUs` arrived at `now`. The cursor moves to the smaller of the last two times,
   * and never back, so that a single wrong time cannot move it: ahead, posts would be lost. Lagging behind
   * only costs repeats. For the same reason no time counts as later than ours.
   */
  note(timeUs: number, now: number): void {
    const nowUs = now * 1000;
    if (Math.abs(timeUs - nowUs) > LONGEST_RESUMED_BREAK_MS * 1000) return;
    const time = Math.min(timeUs, nowUs);
    const previous = this.#previous;
    this.#previous = time;
    if (this.#reached !== undefined) {
      if (previous === undefined || Math.min(previous, time) <= this.#reached) return;
    }
    this.#reached = Math.min(previous ?? time, time);
    this.#reachedOn = this.#host;
  }

  get reached(): number | undefined {
    return this.#reached;
  }

  forget(): void {
    this.#reached = undefined;
  }
}
