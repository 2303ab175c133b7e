// The daily allowance: how many posts X has charged for in this UTC day, counted across restarts.

import type { Clock } from '../../base/clock.ts';
import type { SourceState, Usage } from '../source.ts';
import { DailyCountFile } from './daily-count-file.ts';
import { DOLLARS_A_POST } from './limits.ts';

export interface AllowanceOptions {
  /** In posts. */
  readonly daily: number | 'none';
  /** The folder where the count is kept. */
  readonly stateDir: string;
  readonly clock: Clock;
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
  readonly #file: DailyCountFile;
  #day: string;
  /** By day. */
  #counts = new Map<string, number>();
  /** The count on disk. */
  #written = 0;
  #isWarned = false;
  /** Set once the count on disk has been read, before which a write would lose it. */
  #isRead = false;

  constructor(options: AllowanceOptions) {
    this.#options = options;
    this.#file = new DailyCountFile(options.stateDir, options.warn);
    this.#day = dayOf(options.clock.now());
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
    const posts = this.#posts + 1;
    this.#counts.set(this.#day, posts);
    if (posts > this.#written) this.#write(posts + AHEAD - 1);
    if (this.#isWarned || !this.#isNearEnd) return;
    this.#isWarned = true;
    const { daily, warn } = this.#options;
    const until = new Date(this.resetsAt).toISOString();
    warn(
      `${posts} of today's ${daily} posts from X have been read (${dollarsFor(posts).toFixed(2)} USD); ` +
        `at ${daily} the stream closes until ${until}. --x-daily-posts sets how many.`,
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

  get #isNearEnd(): boolean {
    const { daily } = this.#options;
    return daily !== 'none' && this.#posts >= daily * WARNING_SHARE;
  }

  #write(posts: number): void {
    if (!this.#isRead) return;
    this.#written = posts;
    this.#file.write({ day: this.#day, posts });
  }

  /** Adds the count on disk to this process's own. */
  #read(): void {
    const kept = this.#file.read(dayOf(this.#options.clock.now() + DAY_MS));
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
    this.#isWarned = this.#isNearEnd;
  }

  #turnDay(): void {
    if (!this.#isRead) this.#read();
    const now = this.#options.clock.now();
    const day = dayOf(now);
    if (day > this.#day) {
      this.#day = day;
      this.#counts = new Map([...this.#counts].slice(-DAYS_KEPT));
      this.#written = 0;
      this.#isWarned = false;
    } else if (now < Date.parse(this.#day) - DAY_MS) {
      this.#goBackTo(day);
    }
    // A clock that is set back by less than a day does not grant a day twice.
  }

  /** The clock was far ahead. Posts that were read since then count for today. */
  #goBackTo(day: string): void {
    const counts = [...this.#counts];
    const sinceThen = counts.filter(([counted]) => counted >= day);
    this.#day = day;
    this.#counts = new Map(counts.filter(([counted]) => counted < day));
    this.#counts.set(
      day,
      sinceThen.reduce((sum, [, posts]) => sum + posts, 0),
    );
    this.#isWarned = this.#isNearEnd;
    this.#write(this.#posts);
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
