// The daily allowance: how many posts X has charged for in this UTC day, kept across restarts.

import type { Clock } from '../../base/clock.ts';
import type { SourceState, Usage } from '../source.ts';
import { type DayCount, openTally, type Tally } from './daily-count-file.ts';
import { DOLLARS_A_POST } from './limits.ts';

export interface AllowanceOptions {
  /** Posts a day. */
  readonly daily: number | 'none';
  /** The folder where the count is kept. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

/** From this share on, the rest of the day is at risk, and somebody should know. */
const WARNING_SHARE = 0.8;
/**
 * The count on disk runs ahead of the real one by up to so many posts: it is written once for all of
 * them, and whatever ends the process, too much was counted and never too little.
 */
const AHEAD = 20;
const DAY_MS = 24 * 60 * 60_000;
/** Counts of earlier days that are kept, should the clock turn out to have been ahead. */
const DAYS_KEPT = 8;

export class Allowance {
  readonly #options: AllowanceOptions;
  readonly #file: Tally;
  #day: string;
  #posts: number;
  #reserved: number;
  #warned = false;
  /** Whether the count on disk has been taken over. Until then, none is written. */
  #isRead = false;
  /** Days that this process has left, the last one at the end. */
  #left: DayCount[] = [];

  constructor(options: AllowanceOptions) {
    this.#options = options;
    this.#file = openTally(options.stateDir, options.warn);
    this.#day = dayOf(options.clock.now());
    this.#posts = 0;
    this.#reserved = 0;
    this.#read();
  }

  get usage(): Usage {
    this.#turnDay();
    return {
      postsToday: this.#posts,
      allowance: this.#options.daily,
      costToday: dollarsFor(this.#posts),
      resetsAt: this.resetsAt,
    };
  }

  /** When the next day begins, in milliseconds since 1970. */
  get resetsAt(): number {
    return Date.parse(this.#day) + DAY_MS;
  }

  /** The UTC day that is counted, such as `2026-11-20`. */
  get day(): string {
    this.#turnDay();
    return this.#day;
  }

  /** Why no more posts may be read today; undefined while some may. */
  get usedUp(): Extract<SourceState, { name: 'paused' }> | undefined {
    this.#turnDay();
    const { daily } = this.#options;
    if (daily === 'none' || this.#posts < daily) return undefined;
    const dollars = dollarsFor(this.#posts).toFixed(2);
    const reason = `today's allowance of ${daily} posts is used up: ${this.#posts} read, ${dollars} USD`;
    return { name: 'paused', reason, until: this.resetsAt };
  }

  /** Counts a post that X has sent. */
  count(): void {
    this.#turnDay();
    this.#posts += 1;
    if (this.#isRead && this.#posts > this.#reserved) {
      this.#reserved = this.#posts + AHEAD - 1;
      this.#file.write({ day: this.#day, posts: this.#reserved });
    }
    if (!this.#warned && this.#isNearEnd()) {
      this.#warned = true;
      const { daily, warn } = this.#options;
      const dollars = dollarsFor(this.#posts).toFixed(2);
      const until = new Date(this.resetsAt).toISOString();
      warn(
        `${this.#posts} of today's ${daily} posts from X have been read (${dollars} USD); ` +
          `at ${daily} the stream closes until ${until}. --x-daily-posts sets how many.`,
      );
    }
  }

  /** Puts the exact count on disk. */
  close(): void {
    this.#turnDay();
    if (this.#isRead && this.#reserved !== this.#posts) {
      this.#reserved = this.#posts;
      this.#file.write({ day: this.#day, posts: this.#posts });
    }
  }

  /** Takes over the count on disk, as soon as it can be read. */
  #read(): void {
    const kept = this.#file.read(dayOf(this.#options.clock.now() + DAY_MS));
    if (kept === 'unread') return;
    this.#isRead = true;
    if (kept === undefined) return;
    // A day that is still to come was begun by this machine's clock before somebody set it back.
    if (kept.day >= this.#day) {
      this.#day = kept.day;
      this.#posts += kept.posts;
      this.#reserved = kept.posts;
    } else {
      this.#left.push(kept);
    }
    this.#warned = this.#isNearEnd();
  }

  #turnDay(): void {
    if (!this.#isRead) this.#read();
    const now = this.#options.clock.now();
    const day = dayOf(now);
    if (day > this.#day) {
      this.#left = [...this.#left, { day: this.#day, posts: this.#posts }].slice(-DAYS_KEPT);
      this.#day = day;
      this.#posts = 0;
      this.#reserved = 0;
      this.#warned = false;
    } else if (now < Date.parse(this.#day) - DAY_MS) {
      this.#goBackTo(day);
    }
    // A clock that is set back by less than a day does not give a day twice.
  }

  /** The clock was far ahead. What was read since then was read today at the latest, and counts for it. */
  #goBackTo(day: string): void {
    for (const left of this.#left) if (left.day >= day) this.#posts += left.posts;
    this.#left = this.#left.filter((left) => left.day < day);
    this.#day = day;
    this.#warned = this.#isNearEnd();
    this.#reserved = this.#posts;
    this.#file.write({ day, posts: this.#posts });
  }

  #isNearEnd(): boolean {
    const { daily } = this.#options;
    return daily !== 'none' && this.#posts >= daily * WARNING_SHARE;
  }
}

/** The UTC day, such as `2026-11-20`; days compare as strings. */
function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** In tenths of a cent, so that no binary fraction shows. */
function dollarsFor(posts: number): number {
  return Math.round(posts * DOLLARS_A_POST * 1000) / 1000;
}
