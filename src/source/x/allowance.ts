// The allowance: how many posts may be read from X in a UTC day and in a month, and how many were.

import type { Clock } from '../../base/clock.ts';
import type { Ledger } from '../../base/ledger.ts';
import type { SourceState, Usage } from '../source.ts';
import { DailyCountFile } from './daily-count-file.ts';
import { DayCounts } from './day-counts.ts';
import { DOLLARS_A_POST, DOLLARS_AN_ESTIMATE } from './limits.ts';
import { PostRate } from './post-rate.ts';
import type { Spent } from './spent.ts';

export interface AllowanceOptions {
  /** Posts that may be read, and so paid for, in a UTC day. An estimate takes the place of posts that cost as much. */
  readonly dailyPosts: number | 'none';
  /** The same in a month by UTC. */
  readonly monthlyPosts: number | 'none';
  /** Estimates that may be asked for in a UTC day. */
  readonly dailyEstimates: number;
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
  /** Posts, and those that cost as much as the estimates. */
  readonly used: number;
  readonly spent: Spent;
  readonly until: number;
}

export class Allowance {
  readonly #options: AllowanceOptions;
  readonly #clock: Clock;
  readonly #counts: DayCounts;
  readonly #rate: PostRate;
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
    this.#rate = new PostRate(clock);
    this.#counts = new DayCounts(new DailyCountFile(options.stateDir, options.warn), clock);
  }

  get usage(): Usage {
    const { day, month } = this.#limits;
    const { today, postsThisMonth } = this.#counts.totals;
    return {
      postsToday: today.posts,
      allowance: day.most,
      estimatesToday: today.estimates,
      postsPerDay: this.#rate.perDay,
      costToday: dollarsFor(today),
      resetsAt: day.until,
      postsThisMonth,
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
    const limit = [month, day].find(({ most, used }) => most !== 'none' && used >= most);
    if (limit === undefined) return undefined;
    const { name, most, spent, until } = limit;
    const reason = `${name} allowance of ${most} posts is used up: ${describe(spent)}`;
    return { name: 'paused', reason, until };
  }

  /** How many posts may still be read today; undefined without a limit. */
  get left(): number | undefined {
    const { day, month } = this.#limits;
    const left = [day, month].flatMap(({ most, used }) => (most === 'none' ? [] : most - used));
    return left.length === 0 ? undefined : Math.max(0, Math.min(...left));
  }

  /** Posts come from now on, of other topics than before. */
  begin(): void {
    this.#rate.begin();
  }

  /** Counts a post that X has sent. */
  count(): void {
    this.#rate.count();
    this.#watched(() => this.#counts.countPost());
  }

  /** Counts an estimate, or says why none may be asked for, as a sentence without its full stop. */
  takeEstimate(): string | undefined {
    const { dailyEstimates: most } = this.#options;
    if (most === 0) return 'the server asks X for no estimates, as --x-daily-estimates is 0';
    if (this.usedUp !== undefined) return this.usedUp.reason;
    if (this.#counts.totals.today.estimates >= most) {
      const until = new Date(this.#limits.day.until).toISOString();
      return `all estimates of today are used up (--x-daily-estimates is ${most}); ask again after ${until}`;
    }
    this.#watched(() => this.#counts.countEstimate());
    return undefined;
  }

  #watched(count: () => void): void {
    const before = this.#limits;
    count();
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
    if (this.#ledger !== undefined) this.#counts.reread();
    return this.#exchange();
  }

  /** Writes the exact count to disk, and shares it. */
  async flush(): Promise<void> {
    this.#counts.save();
    if (this.#counts.hasUnshared) await this.#exchange();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelSharing?.();
  }

  get #limits(): { readonly day: Limit; readonly month: Limit } {
    const { dailyPosts, monthlyPosts } = this.#options;
    const { day, today, postsThisMonth: posts } = this.#counts.totals;
    const start = new Date(day);
    return {
      day: {
        name: "today's",
        flag: '--x-daily-posts',
        most: dailyPosts,
        used: today.posts + today.estimates * (DOLLARS_AN_ESTIMATE / DOLLARS_A_POST),
        spent: today,
        until: start.getTime() + DAY_MS,
      },
      month: {
        name: "this month's",
        flag: '--x-monthly-posts',
        most: monthlyPosts,
        used: posts,
        spent: { posts, estimates: 0 },
        until: Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1),
      },
    };
  }

  #warnSince(before: Readonly<Record<'day' | 'month', Limit>>): void {
    const after = this.#limits;
    for (const span of ['day', 'month'] as const) {
      const { name, flag, most, used, spent, until } = after[span];
      if (most === 'none') continue;
      const from = Math.ceil(most * WARNING_SHARE);
      if (before[span].used >= from || used < from) continue;
      this.#options.warn(
        `${used} of ${name} ${most} posts from X are used (${describe(spent)}); ` +
          `at ${most} the stream closes until ${new Date(until).toISOString()}. ${flag} sets how many.`,
      );
    }
  }

  #shareSoon(): void {
    if (this.#ledger === undefined || this.#isClosed) return;
    this.#cancelSharing ??= this.#clock.after(SHARE_EVERY_MS, () => {
      this.#cancelSharing = undefined;
      if (this.#counts.hasUnshared) void this.#exchange();
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
    if (this.#counts.hasUnshared) this.#shareSoon();
  }
}

function describe(spent: Spent): string {
  const { posts, estimates } = spent;
  const read = estimates === 0 ? `${posts} read` : `${posts} read, ${estimates} estimated`;
  return `${read}, ${dollarsFor(spent).toFixed(2)} USD`;
}

/** In tenths of a cent, so that no binary fraction shows. */
function dollarsFor({ posts, estimates }: Spent): number {
  return Math.round((posts * DOLLARS_A_POST + estimates * DOLLARS_AN_ESTIMATE) * 1000) / 1000;
}
