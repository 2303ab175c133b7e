// Where to resume after a break: at the number of the last event on the same host, at its time on another.

/** The place of an event in a host's stream. */
export interface Position {
  /** By the host's clock, in microseconds since 1970. */
  readonly timeUs: number;
  /** Counts the events of one host. Only v2 has it, and each host counts by itself. */
  readonly seq?: number | undefined;
}

/** How far back a connection resumes by time, so that no post is lost at the seam. */
export const SAME_HOST_OVERLAP_MS = 5_000;
/** Each host stamps events when it gets them itself, so another one needs more. */
export const OTHER_HOST_OVERLAP_MS = 30_000;
/** Our own clock may be ahead of the host's. What comes twice is not delivered again. */
export const OWN_TIME_OVERLAP_MS = 5_000;
/** A host's clock that differs more from ours is not believed. */
export const MAX_SKEW_MS = 10 * 60_000;

/**
 * What the first event of a connection may show: that others are missing before it, or that the host counts its
 * events differently than before, so that it resumed elsewhere.
 */
type Surprise = 'gap' | 'wrong place';

export class Cursor {
  /** Everything up to here has arrived. */
  #reached: Position | undefined;
  /** The host whose position that is; undefined for our own time. */
  #reachedOn: string | undefined;
  #host: string | undefined;
  /** The last position on this connection. */
  #previous: Position | undefined;
  /** When the last connection that was open ended, in milliseconds since 1970. */
  #listenedUntil: number | undefined;
  /** How many events came on this connection. */
  #events = 0;
  /** Where this connection resumed, until its first event has shown whether that worked. */
  #asked: { readonly timeUs: number; readonly by: number; readonly isNumber: boolean } | undefined;

  /**
   * A connection to `host` begins. Returns where it resumes: a number, or a time if it is larger than any number
   * of an event. Undefined to begin at now.
   */
  begin(host: string, now: number): number | undefined {
    const reached = this.#reached;
    const isSameHost = host === this.#reachedOn;
    this.#host = host;
    this.#previous = undefined;
    this.#events = 0;
    this.#asked = undefined;
    if (reached === undefined) {
      // If no event comes before the connection breaks, the next one resumes here.
      this.#reached = { timeUs: now * 1000 };
      this.#reachedOn = undefined;
      this.#listenedUntil = undefined;
      return undefined;
    }
    const { timeUs, seq } = reached;
    if (this.#reachedOn === undefined) {
      const by = this.#hasListenedAt(now)
        ? Number.POSITIVE_INFINITY
        : timeUs + OTHER_HOST_OVERLAP_MS * 1000;
      this.#asked = { timeUs, by, isNumber: false };
      return timeUs - OWN_TIME_OVERLAP_MS * 1000;
    }
    const overlapUs = (isSameHost ? SAME_HOST_OVERLAP_MS : OTHER_HOST_OVERLAP_MS) * 1000;
    const isNumber = isSameHost && seq !== undefined;
    // The same host sends the last event again.
    this.#asked = { timeUs, by: isSameHost ? timeUs : timeUs + overlapUs, isNumber };
    return isNumber ? seq : timeUs - overlapUs;
  }

  /** The connection ended at `now`, after it had been open. */
  listenedUntil(now: number): void {
    this.#listenedUntil = now;
  }

  /** Whether we listened until just before `now`, so that an event which comes late only shows a quiet host. */
  #hasListenedAt(now: number): boolean {
    return now - (this.#listenedUntil ?? Number.NEGATIVE_INFINITY) <= OTHER_HOST_OVERLAP_MS;
  }

  /**
   * An event arrived at `now`.
   *
   * The cursor moves to the earlier of the last two events, and never back, so that a single wrong time cannot
   * move it: ahead, posts would be lost. Lagging behind only costs repeats. For the same reason no time counts
   * as later than ours.
   */
  note({ timeUs, seq }: Position, now: number): Surprise | undefined {
    const nowUs = now * 1000;
    this.#events += 1;
    if (timeUs - nowUs > MAX_SKEW_MS * 1000) return undefined;
    const asked = this.#asked;
    this.#asked = undefined;
    const distanceUs = Math.abs(timeUs - (asked?.timeUs ?? timeUs));
    if (asked?.isNumber && distanceUs > OTHER_HOST_OVERLAP_MS * 1000) return 'wrong place';
    const surprise = asked !== undefined && timeUs > asked.by ? 'gap' : undefined;
    const position = { timeUs: Math.min(timeUs, nowUs), seq };
    const previous = this.#previous;
    this.#previous = position;
    if (previous === undefined || this.#reached === undefined) return surprise;
    const earlier = previous.timeUs <= position.timeUs ? previous : position;
    // Our own time, from the beginning, gives way to the host's, which may be behind it.
    const skewUs = this.#reachedOn === undefined ? MAX_SKEW_MS * 1000 : 0;
    if (earlier.timeUs > this.#reached.timeUs - skewUs) {
      this.#reached = earlier;
      this.#reachedOn = this.#host;
    }
    return surprise;
  }

  /** Events came, but it is still our own time: the host's clock differs so much that it cannot resume there. */
  get isStuck(): boolean {
    return this.#reached !== undefined && this.#reachedOn === undefined && this.#events > 1;
  }

  /** The time, in microseconds since 1970. */
  get reached(): number | undefined {
    return this.#reached?.timeUs;
  }

  /** The host does not know the number, so the next connection resumes by time. */
  forgetNumber(): void {
    if (this.#reached !== undefined) this.#reached = { timeUs: this.#reached.timeUs };
  }

  forget(): void {
    this.#reached = undefined;
  }
}
