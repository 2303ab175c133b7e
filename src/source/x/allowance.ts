// The daily allowance: how many posts X has charged for in this UTC day, counted across restarts.

import type { Clock } from '../../base/clock.ts';
import type { SourceState, Usage } from '../source.ts';
import { DailyCountFile } from './daily-count-file.ts';
import { DOLLARS_A_POST } from './limits.ts';

export interface AllowanceOptions {
  /** Posts that may be read, and so paid for, in a UTC day. */
  readonly dailyPosts: number | 'none';
  /** The folder where the day's count is kept. */
  readonly stateDir: string;
  /** Told what an operator should know, such as that money runs short. Never a secret. */
  readonly warn: (message: string) => void;
}

/** The share of the allowance at which the operator is warned. */
const WARNING_SHARE = 0.8;
/**
 * The count on disk is at most this many posts ahead, so that one write serves for all of them. A kill may
 * overcount, and never undercounts.
 */
const AHEAD = 20;
const DAY_MS = 24 * 60 * 60_000;
/** Days whose counts are kept, in case the clock turns out to have been ahead. */
const DAYS_KEPT = 8;

export class Allowance {
  readonly #options: AllowanceOptions;
  readonly #clock: Clock;
  readonly #file: DailyCountFile;
  #day: string;
  /** By day. */
  #counts = new Map<string, number>();
  /** The count on disk. */
  #written = 0;
  /** Set once the count on disk has been read, before which a write would lose it. */
  #isRead = false;

  constructor(options: AllowanceOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#file = new DailyCountFile(options.stateDir, options.warn);
    this.#day = dayOf(clock.now());
    this.#read();
  }

  get usage(): Usage {
    this.#turnDay();
    return {
      postsToday: this.#posts,
      allowance: this.#options.dailyPosts,
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
    const { dailyPosts } = this.#options;
    if (dailyPosts === 'none' || this.#posts < dailyPosts) return undefined;
    const dollars = dollarsFor(this.#posts).toFixed(2);
    const reason = `today's allowance of ${dailyPosts} posts is used up: ${this.#posts} read, ${dollars} USD`;
    return { name: 'paused', reason, until: this.resetsAt };
  }

  /** Counts a post that X has sent. */
  count(): void {
    this.#turnDay();
    const posts = this.#posts + 1;
    this.#counts.set(this.#day, posts);
    if (posts > this.#written) this.#write(posts + AHEAD - 1);
    const { dailyPosts, warn } = this.#options;
    if (dailyPosts === 'none' || posts !== Math.ceil(dailyPosts * WARNING_SHARE)) return;
    const until = new Date(this.resetsAt).toISOString();
    warn(
      `${posts} of today's ${dailyPosts} posts from X have been read (${dollarsFor(posts).toFixed(2)} USD); ` +
        `at ${dailyPosts} the stream closes until ${until}. --x-daily-posts sets how many.`,
    );
  }

  /** Writes the exact count to disk. */
  close(): void {
    this.#turnDay();
    if (this.#written !== this.#posts) this.#write(this.#posts);
  }

  get #posts(): number {
    return this.#counts.get(this.#day) ?? 0;
  }

  #write(posts: number): void {
    if (!this.#isRead) return;
    this.#written = posts;
    this.#file.write({ day: this.#day, posts });
  }

  /** Adds the count on disk to this process's own. */
  #read(): void {
    const kept = this.#file.read(dayOf(this.#clock.now() + DAY_MS));
    if (kept === 'unread') return;
    this.#isRead = true;
    if (kept === undefined) return;
    // The clock reached a later day before it was set back.
    if (kept.day >= this.#day) {
      const posts = this.#posts + kept.posts;
      this.#counts = new Map([[kept.day, posts]]);
      this.#day = kept.day;
      this.#written = kept.posts;
    } else {
      this.#counts.set(kept.day, kept.posts);
    }
  }

  #turnDay(): void {
    if (!this.#isRead) this.#read();
    const now = this.#clock.now();
    const day = dayOf(now);
    if (day > this.#day) {
      this.#day = day;
      this.#counts = new Map([...this.#counts].slice(-DAYS_KEPT));
      this.#written = 0;
    } else if (now < Date.parse(this.#day) - DAY_MS) {
      this.#goBackTo(day);
    }
    // A clock that is set back by less than a day does not grant a day twice.
  }

  /** The clock was far ahead. Posts that were read since then count for today. */
  #goBackTo(day: string): void {
    let posts = 0;
    for (const [counted, read] of this.#counts) {
      if (counted < day) continue;
      posts += read;
      this.#counts.delete(counted);
    }
    this.#counts.set(day, posts);
    this.#day = day;
    this.#write(posts);
  }
}

/** Days compare as strings. */
function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** In tenths of a cent, so that no binary fraction shows. */
function dollarsFor(posts: number): number {
  return Math.round(posts * DOLLARS_A_POST * 1000) / 1000;
}
