// Where to go on after a break: a time of Jetstream's, in microseconds, that no odd frame can lead astray.

/** How far a resumed connection goes back, so that nothing falls between two frames. */
export const SAME_HOST_OVERLAP_MS = 5_000;
/** More than that on another host: each one stamps events when it gets them itself. */
export const OTHER_HOST_OVERLAP_MS = 30_000;
/**
 * After a longer break the stream begins at now: what is old by then would be told as if it were live.
 * Times that are further than this from our own are not believed either.
 */
export const LONGEST_RESUMED_BREAK_MS = 10 * 60_000;

export class Cursor {
  /** Everything up to here has come in; undefined for nothing yet. */
  #reached: number | undefined;
  /** Whose time that is. */
  #reachedOn: string | undefined;
  #host: string | undefined;
  /** The last time on this connection. */
  #previous: number | undefined;

  /** A connection to `host` begins at `now`: the time to resume from, or undefined to begin at now. */
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
   * A frame of `timeUs` came in at `now`. Times only grow on a connection, so the cursor moves to the
   * smaller of the last two, and never back: a single wrong time moves it neither forth, which would
   * lose posts, nor back. No time counts for later than our own. To stay behind costs repeats alone.
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

  /** The time up to which everything has come in. */
  get reached(): number | undefined {
    return this.#reached;
  }

  forget(): void {
    this.#reached = undefined;
  }
}
