// What a track would bring and cost on X. X charges for the question, so the answer is kept, and questions are few.

import { LRUCache } from 'lru-cache';
import type { Clock } from '../../base/clock.ts';
import type { Languages } from '../../base/language.ts';
import { atSources, type Track } from '../../track/track.ts';
import type { Estimate } from '../source.ts';
import type { Allowance } from './allowance.ts';
import { ApiFailure } from './api-client.ts';
import { type CountsApi, createCountsApi } from './counts-api.ts';
import { REST_MS } from './failure.ts';
import { DOLLARS_A_POST, MAX_QUERY_LENGTH } from './limits.ts';
import { type RuleFormat, ruleFormat, spellRule, spellTrack } from './rule-text.ts';

interface XEstimatesOptions {
  /** Of X's API, with a slash at the end. */
  readonly url: string;
  readonly token: string;
  readonly ruleLength: number;
  readonly languages: Languages;
  readonly allowance: Allowance;
  /** Whether any node follows the track of a canonical form. */
  readonly isOpen: (canonical: string) => boolean;
  /** How many tracks all nodes follow. */
  readonly openTracks: () => number;
}

/** How long a count is kept, in milliseconds. */
const KEPT_MS = 60 * 60_000;
const KEPT_RULES = 1000;
/** How often it asks what other nodes have read at most, in milliseconds. */
const REFRESH_EVERY_MS = 1000;
/** Questions that may wait for X's answer to an earlier one. */
const MAX_WAITING = 20;
const BUSY = 'too many estimates wait for X at the moment; ask again in a minute';
const SECONDS_A_DAY = 24 * 60 * 60;

/** Posts a day, or why they cannot be known. */
type Count = number | string;

export class XEstimates {
  readonly #options: XEstimatesOptions;
  readonly #clock: Clock;
  readonly #api: CountsApi;
  readonly #format: RuleFormat;
  /** By rule. Times are of the monotonic clock. */
  readonly #kept = new LRUCache<string, { readonly count: Promise<Count>; until: number }>({
    max: KEPT_RULES,
  });
  /** When it last asked what other nodes have read, by the monotonic clock. */
  #refreshedAt = Number.NEGATIVE_INFINITY;
  #refreshed: Promise<void> = Promise.resolve();
  /** The last question to X. */
  #asking: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(options: XEstimatesOptions, clock: Clock) {
    const { url, token, languages, ruleLength } = options;
    this.#options = options;
    this.#clock = clock;
    this.#api = createCountsApi(url, token, clock);
    this.#format = ruleFormat(languages, ruleLength);
  }

  async of(track: Track): Promise<Estimate> {
    await this.#refresh();
    const count = await this.#count(track);
    const { left: postsLeft } = this.#options.allowance;
    const paidShare = this.#paidShare(track);
    if (typeof count === 'string') return { reason: count, paidShare, postsLeft };
    const lasts = postsLeft === undefined || count === 0 ? undefined : postsLeft / count;
    return {
      postsPerDay: count,
      costPerDay: count * DOLLARS_A_POST,
      paidShare,
      postsLeft,
      lastsSeconds: lasts && lasts * SECONDS_A_DAY,
    };
  }

  close(): void {
    this.#api.close();
  }

  #refresh(): Promise<void> {
    const now = this.#clock.monotonic();
    if (now - this.#refreshedAt >= REFRESH_EVERY_MS) {
      this.#refreshedAt = now;
      this.#refreshed = this.#options.allowance.refresh();
    }
    return this.#refreshed;
  }

  /** To learn how many posts it shares with each open topic would take another question for each. */
  #paidShare(track: Track): number | undefined {
    const { isOpen, openTracks } = this.#options;
    if ([track, atSources(track, ['x'])].some(({ canonical }) => isOpen(canonical))) return 1;
    return openTracks() === 0 ? 0 : undefined;
  }

  #count(track: Track): Promise<Count> | Count {
    const clauses = spellTrack(track, this.#format);
    if (clauses === undefined) return 'X cannot be asked for this query';
    const rule = spellRule(clauses, this.#format);
    if (rule.length > MAX_QUERY_LENGTH) {
      return `X counts for rules of ${MAX_QUERY_LENGTH} characters at most, and that of this query has ${rule.length}`;
    }
    const kept = this.#kept.get(rule);
    if (kept !== undefined && kept.until > this.#clock.monotonic()) return kept.count;
    if (this.#waiting >= MAX_WAITING) return BUSY;
    // Counted before it waits for its turn: a rejected question must not take the place of an answer.
    const reason = this.#options.allowance.takeEstimate();
    if (reason !== undefined) return reason;
    const count = this.#ask(rule);
    const entry = { count, until: Number.POSITIVE_INFINITY };
    this.#kept.set(rule, entry);
    this.#waiting += 1;
    void count.then((answer) => {
      this.#waiting -= 1;
      // Clients that ask again must not use up the questions of the day.
      entry.until = this.#clock.monotonic() + (typeof answer === 'string' ? REST_MS : KEPT_MS);
    });
    return count;
  }

  /** One at a time. X may charge for a question that fails, too. */
  #ask(rule: string): Promise<Count> {
    const count = this.#asking.then(async () => {
      const answer = await this.#api.postsPerDay(rule);
      return answer instanceof ApiFailure ? answer.failure.reason : answer;
    });
    this.#asking = count;
    return count;
  }
}
