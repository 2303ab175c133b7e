// What X has charged for on each UTC day: in a file across restarts and, with other nodes, in a ledger.

import type { Clock } from '../../base/clock.ts';
import { parseJson } from '../../base/json.ts';
import type { Ledger } from '../../base/ledger.ts';
import type { DailyCountFile } from './daily-count-file.ts';
import {
  combine,
  type Days,
  MAX_DAYS,
  minus,
  NOTHING,
  plus,
  readDays,
  type Spent,
} from './spent.ts';

/**
 * The count on disk is at most this many posts ahead, so that one write serves for all of them. A kill may
 * overcount, and never undercounts.
 */
const AHEAD = 20;
const DAY_MS = 24 * 60 * 60_000;

export class DayCounts {
  readonly #clock: Clock;
  readonly #file: DailyCountFile;
  #day: string;
  /** The counts of all nodes, as far as this one knows. */
  #days = new Map<string, Spent>();
  /** The part of them that the ledger does not have. */
  #unshared = new Map<string, Spent>();
  /** The posts of the day on disk. */
  #written = 0;
  /** The file has an unshared part, which a restart would add to the ledger. */
  #isUnsharedWritten = false;
  /** Set once the count on disk has been read, before which a write would lose it. */
  #isRead = false;

  constructor(file: DailyCountFile, clock: Clock) {
    this.#clock = clock;
    this.#file = file;
    this.#day = dayOf(clock.now());
    this.#read();
  }

  /** The UTC day that is counted, such as `2026-11-20`. */
  get day(): string {
    this.#turnDay();
    return this.#day;
  }

  get totals(): { readonly day: string; readonly today: Spent; readonly postsThisMonth: number } {
    const { day } = this;
    const month = day.slice(0, 'yyyy-mm'.length);
    let postsThisMonth = 0;
    for (const [each, { posts }] of this.#days) {
      if (each.startsWith(month)) postsThisMonth = plus(postsThisMonth, posts);
    }
    return { day, today: this.#of(day), postsThisMonth };
  }

  /** Whether the ledger lacks some of it. */
  get hasUnshared(): boolean {
    return this.#unshared.size > 0;
  }

  countPost(): void {
    const { day } = this;
    this.#add(day, { posts: 1, estimates: 0 });
    const { posts } = this.#of(day);
    if (posts > this.#written) this.#write(plus(posts, AHEAD - 1));
  }

  countEstimate(): void {
    const { day } = this;
    this.#add(day, { posts: 0, estimates: 1 });
    this.#write(this.#of(day).posts);
  }

  /** Writes the exact count to disk. */
  save(): void {
    const { posts } = this.#of(this.day);
    if (this.#written !== posts) this.#write(posts);
  }

  /** Takes over what another process has written to the same file. */
  reread(): void {
    const kept = this.#isRead ? this.#file.read() : undefined;
    if (kept === undefined || kept === 'unread') return;
    const days = new Map(kept.earlier);
    // What this process has written itself may be ahead.
    if (kept.day !== this.day || kept.posts !== this.#written) days.set(kept.day, kept);
    for (const [day, spent] of days) this.#days.set(day, combine(spent, this.#of(day), Math.max));
  }

  /** Adds to the ledger what it does not have, and takes over what it has. Resolves with why it could not. */
  async share(ledger: Ledger): Promise<string | undefined> {
    const given = new Map(this.#unshared);
    let sums = new Map<string, Spent>();
    const reason = await ledger.update((text) => {
      const theirs = readDays(text === undefined ? {} : parseJson(text));
      sums = this.#merge(theirs ?? new Map(), given);
      return JSON.stringify(Object.fromEntries(sums));
    });
    if (reason !== undefined) return reason;
    for (const [day, spent] of sums) {
      const rest = combine(of(this.#unshared, day), of(given, day), minus);
      this.#days.set(day, combine(spent, rest, plus));
      if (rest.posts + rest.estimates > 0) this.#unshared.set(day, rest);
      else this.#unshared.delete(day);
    }
    if (this.#isUnsharedWritten) this.#write(Math.max(this.#written, this.#of(this.day).posts));
    return undefined;
  }

  /**
   * A ledger that has lost its text gets it back: what both know of counts once. Days that are yet to come stay: the clock
   * of the node that counted them may be the right one.
   */
  #merge(theirs: Days, given: Days): Map<string, Spent> {
    const days = new Set([...theirs.keys(), ...this.#days.keys()]);
    const today = days.delete(this.day) ? [this.day] : [];
    const kept = [...[...days].sort().slice(1 - MAX_DAYS), ...today].sort();
    return new Map(
      kept.map((day) => {
        const known = combine(this.#of(day), of(this.#unshared, day), minus);
        return [day, combine(combine(known, of(theirs, day), Math.max), of(given, day), plus)];
      }),
    );
  }

  get #tomorrow(): string {
    return dayOf(this.#clock.now() + DAY_MS);
  }

  #of(day: string): Spent {
    return of(this.#days, day);
  }

  #add(day: string, spent: Spent): void {
    this.#days.set(day, combine(this.#of(day), spent, plus));
    this.#unshared.set(day, combine(of(this.#unshared, day), spent, plus));
  }

  #write(posts: number): void {
    if (!this.#isRead) return;
    this.#written = posts;
    const earlier = [...this.#days].filter(([day]) => day !== this.#day).sort();
    const today = this.#of(this.#day);
    // What the file is ahead may have been read by the time of a kill.
    const unshared = new Map(this.#unshared);
    this.#isUnsharedWritten = this.hasUnshared;
    const ahead = { posts: posts - today.posts, estimates: 0 };
    if (ahead.posts > 0) unshared.set(this.#day, combine(of(unshared, this.#day), ahead, plus));
    this.#file.write({
      day: this.#day,
      posts,
      estimates: today.estimates,
      earlier: new Map(earlier.slice(-MAX_DAYS)),
      unshared: new Map([...unshared].sort().slice(-MAX_DAYS)),
    });
  }

  /** Adds the count on disk to this process's own. */
  #read(): void {
    const kept = this.#file.read();
    if (kept === 'unread') return;
    this.#isRead = true;
    if (kept === undefined) return;
    this.#isUnsharedWritten = kept.unshared.size > 0;
    const days = new Map(kept.earlier).set(kept.day, kept);
    // If the file is further ahead, either clock may be wrong: the count waits for its day.
    const isOther = kept.day < this.#day || kept.day > this.#tomorrow;
    // The clock reached a later day before it was set back.
    if (kept.day > this.#day && !isOther) this.#move(this.#day, kept.day);
    for (const [day, spent] of days) this.#days.set(day, combine(spent, this.#of(day), plus));
    for (const [day, spent] of kept.unshared) {
      this.#unshared.set(day, combine(spent, of(this.#unshared, day), plus));
    }
    if (isOther) return;
    this.#day = kept.day;
    this.#written = kept.posts;
  }

  #turnDay(): void {
    if (!this.#isRead) this.#read();
    const now = this.#clock.now();
    const day = dayOf(now);
    if (day > this.#day) {
      this.#day = day;
      this.#days = new Map([...this.#days].sort().slice(1 - MAX_DAYS));
      this.#unshared = new Map([...this.#unshared].filter(([each]) => this.#days.has(each)));
      this.#written = 0;
    } else if (now < Date.parse(this.#day) - DAY_MS) {
      this.#goBackTo(day);
    }
    // A clock that is set back by less than a day does not grant a day twice.
  }

  /** The clock was far ahead. Posts that were read since then count for today. */
  #goBackTo(day: string): void {
    for (const later of [...this.#days.keys()]) if (later > day) this.#move(later, day);
    this.#day = day;
    this.#write(this.#of(day).posts);
  }

  #move(from: string, to: string): void {
    const spent = this.#days.get(from);
    this.#days.delete(from);
    this.#unshared.delete(from);
    if (spent !== undefined) this.#add(to, spent);
  }
}

function of(days: Days, day: string): Spent {
  return days.get(day) ?? NOTHING;
}

/** Days compare as strings. */
function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 'yyyy-mm-dd'.length);
}
