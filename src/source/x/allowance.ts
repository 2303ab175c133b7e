// The allowance: how many posts may be read from X in a UTC day and in a month, and how many were.

import type { Clock } from '../../base/clock.ts';
import type { Ledger } from '../../base/ledger.ts';
import type { SourceState, Usage } from '../source.ts';
import { DailyCountFile } from './daily-count-file.ts';
import { DayCounts } from './day-counts.ts';
import { DOLLARS_A_POST } from './limits.ts';

export interface AllowanceOptions {
  /** Posts that may be read, and so paid for, in a UTC day. */
  readonly dailyPosts: number | 'none';
  /** The same in a month by UTC. */
  readonly monthlyPosts: number | 'none';
  /** The folder where the counts are kept. */
  readonly stateDir: string;
  /** Told what an operator should know, such as that money runs short. Never a secret. */
  readonly warn: (message: string) => void;
}

/** The share of a limit at which the operator is warned. */
const WARNING_SHARE = 0.8;
const DAY_MS = 24 * 60 * 60_000;
/** How often the counts of all nodes are added up at most, in milliseconds. */
const SHARE_EVERY_MS = 1000;

interface Limit {
  readonly name: string;
  readonly flag: string;
  readonly most: number | 'none';
  readonly posts: number;
  readonly until: number;
}

export class Allowance {
  readonly #options: AllowanceOptions;
  readonly #clock: Clock;
  readonly #counts: DayCounts;
  #ledger: Ledger | undefined;
  /** The last exchange with the ledger. */
  #sharing = Promise.resolve();
  #cancelSharing: (() => void) | undefined;
  /** Why the ledger could not be reached. */
  #reason: string | undefined;
  #isClosed = false;

  constructor(options: AllowanceOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#counts = new DayCounts(new DailyCountFile(options.stateDir, options.warn), clock);
  }

  get usage(): Usage {
    const { day, month } = this.#limits;
    return {
      postsToday: day.posts,
      allowance: day.most,
      costToday: dollarsFor(day.posts),
      resetsAt: day.until,
      postsThisMonth: month.posts,
      monthlyAllowance: month.most,
      monthResetsAt: month.until,
    };
  }

  /** The UTC day that is counted, such as `2026-11-20`. */
  get day(): string {
    return this.#counts.day;
  }

  /** Why no more posts may be read now; undefined while some may. */
  get usedUp():
    | (Extract<SourceState, { name: 'paused' }> & { readonly until: number })
    | undefined {
    const { day, month } = this.#limits;
    const limit = [month, day].find(({ most, posts }) => most !== 'none' && posts >= most);
    if (limit === undefined) return undefined;
    const { name, most, posts, until } = limit;
    const dollars = dollarsFor(posts).toFixed(2);
    const reason = `${name} allowance of ${most} posts is used up: ${posts} read, ${dollars} USD`;
    return { name: 'paused', reason, until };
  }

  /** Counts a post that X has sent. */
  count(): void {
    const before = this.#limits;
    this.#counts.count();
    this.#warnSince(before);
    this.#shareSoon();
  }

  /** Counts together with other nodes from now on. */
  shareBy(ledger: Ledger): void {
    this.#ledger = ledger;
  }

  /** Whether other nodes may have counted, too. */
  get isShared(): boolean {
    return this.#ledger !== undefined;
  }

  /** Learns what others have counted. Resolves within seconds, whether that worked or not. */
  refresh(): Promise<void> {
    this.#counts.reread();
    return this.#exchange();
  }

  /** Writes the exact count to disk, and shares it. */
  async flush(): Promise<void> {
    this.#counts.save();
    if (!this.#counts.isShared) await this.#exchange();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelSharing?.();
  }

  get #limits(): { readonly day: Limit; readonly month: Limit } {
    const { dailyPosts, monthlyPosts } = this.#options;
    const { day, today, thisMonth } = this.#counts.totals;
    const start = new Date(day);
    return {
      day: {
        name: "today's",
        flag: '--x-daily-posts',
        most: dailyPosts,
        posts: today,
        until: start.getTime() + DAY_MS,
      },
      month: {
        name: "this month's",
        flag: '--x-monthly-posts',
        most: monthlyPosts,
        posts: thisMonth,
        until: Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1),
      },
    };
  }

  #warnSince(before: Readonly<Record<'day' | 'month', Limit>>): void {
    const after = this.#limits;
    for (const span of ['day', 'month'] as const) {
      const { name, flag, most, posts, until } = after[span];
      if (most === 'none') continue;
      const from = Math.ceil(most * WARNING_SHARE);
      if (before[span].posts >= from || posts < from) continue;
      this.#options.warn(
        `${posts} of ${name} ${most} posts from X have been read (${dollarsFor(posts).toFixed(2)} USD); ` +
          `at ${most} the stream closes until ${new Date(until).toISOString()}. ${flag} sets how many.`,
      );
    }
  }

  #shareSoon(): void {
    if (this.#ledger === undefined || this.#isClosed) return;
    this.#cancelSharing ??= this.#clock.after(SHARE_EVERY_MS, () => {
      this.#cancelSharing = undefined;
      if (!this.#counts.isShared) void this.#exchange();
    });
  }

  #exchange(): Promise<void> {
    this.#sharing = this.#sharing.then(() => this.#share());
    return this.#sharing;
  }

  async #share(): Promise<void> {
    if (this.#ledger === undefined) return;
    const before = this.#limits;
    const reason = await this.#counts.share(this.#ledger);
    this.#warnSince(before);
    if (reason !== undefined && reason !== this.#reason) {
      this.#options.warn(
        `posts read from X cannot be counted together with other nodes (${reason}); ` +
          'until they can, this node knows only what it has read itself.',
      );
    }
    this.#reason = reason;
    if (!this.#counts.isShared) this.#shareSoon();
  }
}

/** In tenths of a cent, so that no binary fraction shows. */
function dollarsFor(posts: number): number {
  return Math.round(posts * DOLLARS_A_POST * 1000) / 1000;
}
