// What a track would bring and cost on X. X charges for the question, so the answer is kept, and questions are few.

import { LRUCache } from 'lru-cache';
import type { Clock } from '../../base/clock.ts';
import type { Languages } from '../../base/language.ts';
import { atSources, isAt, readCanonical, type Track } from '../../track/track.ts';
import type { Estimate } from '../source.ts';
import type { Allowance } from './allowance.ts';
import { ApiFailure } from './api-client.ts';
import { type CountsApi, createCountsApi } from './counts-api.ts';
import { REST_MS } from './failure.ts';
import { DOLLARS_A_POST, MAX_QUERY_LENGTH } from './limits.ts';
import { type RuleFormat, ruleFormat, spellBoth, spellRule, spellTrack } from './rule-text.ts';

interface XEstimatesOptions {
  /** The address of X's API, with a slash at the end. */
  readonly url: string;
  readonly token: string;
  readonly ruleLength: number;
  readonly languages: Languages;
  readonly allowance: Allowance;
  /** The canonical forms of the tracks that any node follows. */
  readonly open: () => Pick<ReadonlyMap<string, unknown>, 'has' | 'keys'>;
  /** How many posts a day X sends for them at the moment; undefined if that is not known. */
  readonly usedPerDay: () => number | undefined;
}

/** How long a count is kept, in milliseconds. */
const KEPT_MS = 60 * 60_000;
const KEPT_RULES = 1000;
/** The shortest time between two questions to the ledger about what other nodes have read, in milliseconds. */
const REFRESH_EVERY_MS = 1000;
/** Questions that may wait for X's answer to an earlier one. */
const MAX_WAITING = 20;
const BUSY = 'too many estimates wait for X at the moment; ask again in a minute';
/** Open tracks that are looked at to find those at X. */
const MAX_LOOKED = 1000;
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
    const count = await this.#countOf(track);
    const open = this.#openClauses();
    const paidShare = await this.#paidShare(track, count, open);
    const { left: postsLeft } = this.#options.allowance;
    if (typeof count === 'string') return { reason: count, paidShare, postsLeft };
    const used = open?.length === 0 ? 0 : (this.#options.usedPerDay() ?? 0);
    // A topic that has just opened is not among what is used yet.
    const perDay = Math.max(count, used + count * (1 - (paidShare ?? 0)));
    const isEndless = postsLeft === undefined || perDay === 0;
    return {
      postsPerDay: count,
      costPerDay: count * DOLLARS_A_POST,
      paidShare,
      postsLeft,
      lastsSeconds: isEndless ? undefined : (postsLeft / perDay) * SECONDS_A_DAY,
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

  /** Asks X for the posts that match both the track and an open one, if there are any and the question fits. */
  async #paidShare(
    track: Track,
    count: Count,
    open: readonly string[] | undefined,
  ): Promise<number | undefined> {
    const isOpen = [track, atSources(track, ['x'])].some(({ canonical }) =>
      this.#options.open().has(canonical),
    );
    if (isOpen) return 1;
    if (open?.length === 0) return 0;
    const own = spellTrack(track, this.#format);
    if (own === undefined || open === undefined) return undefined;
    if (own.every((clause) => open.includes(clause))) return 1;
    if (typeof count === 'string' || count === 0) return undefined;
    const both = await this.#count(spellBoth(own, open, this.#format));
    return typeof both === 'string' ? undefined : Math.min(1, both / count);
  }

  /** What X is asked for the open tracks; undefined if that is too much for a question. */
  #openClauses(): readonly string[] | undefined {
    const clauses = new Set<string>();
    let characters = 0;
    let looked = 0;
    for (const canonical of this.#options.open().keys()) {
      looked += 1;
      if (looked > MAX_LOOKED || characters > MAX_QUERY_LENGTH) return undefined;
      const track = readCanonical(canonical);
      if (track === undefined || !isAt(track, 'x')) continue;
      for (const clause of spellTrack(track, this.#format) ?? []) {
        if (!clauses.has(clause)) characters += clause.length;
        clauses.add(clause);
      }
    }
    return [...clauses];
  }

  #countOf(track: Track): Promise<Count> | Count {
    const clauses = spellTrack(track, this.#format);
    if (clauses === undefined) return 'X cannot be asked for this query';
    return this.#count(spellRule(clauses, this.#format));
  }

  #count(rule: string): Promise<Count> | Count {
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
