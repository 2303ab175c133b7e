// The rules at X, kept to what is wanted: read once, then changed by few writes within X's budget.

import type { Clock } from '../../base/clock.ts';
import type { Track } from '../../track/track.ts';
import { type Failure, type Failures, nextRetry, REST_MS } from './failure.ts';
import { RULE_READS_A_WINDOW, RULE_WRITES_A_WINDOW } from './limits.ts';
import { Objections } from './rejected-clauses.ts';
import { Budget } from './request-budget.ts';
import { plan, type Rule } from './rule-plan.ts';
import { type RuleFrame, spellRule } from './rule-text.ts';
import { MOST_A_WRITE, nextWrite, type StoredRule } from './rule-writes.ts';
import { ApiFailure, type RulesApi } from './rules-api.ts';
import { Turns } from './serial-timer.ts';

export interface RulesOptions {
  readonly api: RulesApi;
  readonly frame: RuleFrame;
  /** Of the whole account, those that are not Senti's included. */
  readonly maxRules: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** X cannot deliver `track`, for this reason. */
  readonly onRefused: (track: Track, reason: string) => void;
  /** `ready` or `trouble` may have changed. */
  readonly onChange: () => void;
}

/** Why the rules are not what they should be; without `until` it stays so. */
export interface Trouble {
  readonly failure: Failure;
  readonly until: number | undefined;
}

/** How a rule is known as Senti's. The number is there for a time when rules are spelt otherwise. */
const TAG_PREFIX = 'senti:';
const TAG = `${TAG_PREFIX}1`;
/** Changes within this time are written together, in milliseconds. */
const GATHER_MS = 500;
/** Writes kept back, so that rules nobody wants can always be removed. */
const WRITES_IN_RESERVE = 4;
/** Rules kept free, so that a rule can be replaced without a gap: at most so many, or this share. */
const SPARE = { rules: 10, share: 0.1 } as const;
/** How long `close` tries to leave nothing behind, in milliseconds. */
const CLEAN_UP_MS = 3000;

export class Rules {
  readonly #options: RulesOptions;
  readonly #reads: Budget;
  readonly #writes: Budget;
  readonly #turns: Turns;
  readonly #failures: Failures = new Map();
  readonly #refused = new Set<Track>();
  readonly #objections: Objections;
  #wanted: ReadonlySet<Track> = new Set();
  #active = false;
  #rules: readonly Rule[] = [];
  #desired: ReadonlyMap<string, Rule> = new Map();
  /** What X holds; undefined while that is not known. */
  #stored: StoredRule[] | undefined;
  /** What the account turned out to allow, should that be less than it was said to. */
  #cap = Number.POSITIVE_INFINITY;
  #foundFull = false;
  /** The last write made rules be read again, as X said that it has what it had not listed. */
  #readForDuplicates = false;
  #dirty = false;
  #mostAWrite = MOST_A_WRITE;
  #addedLast = false;
  #trouble: Trouble | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(options: RulesOptions) {
    this.#options = options;
    this.#objections = new Objections(options.frame);
    this.#reads = new Budget(RULE_READS_A_WINDOW, options.clock);
    this.#writes = new Budget(RULE_WRITES_A_WINDOW, options.clock);
    this.#turns = new Turns(options.clock, async () => {
      const wait = await this.#step();
      options.onChange();
      return wait;
    });
  }

  /** Whether X holds a rule for at least one wanted track. */
  get ready(): boolean {
    return this.#stored?.some(({ value }) => this.#desired.has(value)) ?? false;
  }

  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** Makes X's rules ask for `tracks`, a live set. With none, nothing of Senti's is left at X. */
  want(tracks: ReadonlySet<Track>): void {
    const active = tracks.size > 0;
    // What has failed for good is tried again for a listener who comes to an idle source.
    if (active && !this.#active && this.#isRested()) this.#trouble = undefined;
    this.#active = active;
    for (const track of this.#refused) if (!tracks.has(track)) this.#refused.delete(track);
    this.#wanted = tracks;
    this.#dirty = true;
    if (this.#trouble === undefined) this.#turns.arm(GATHER_MS);
  }

  /** X's rules are not what they were taken for. */
  recheck(): void {
    this.#stored = undefined;
    // After a failure they are read again anyway, and no sooner than the schedule allows.
    if (this.#trouble === undefined) this.#turns.arm(0);
  }

  /** Removes Senti's rules if X lets it, in little time; what it leaves, the next start removes. */
  async close(keep = false): Promise<void> {
    const { api, clock } = this.#options;
    let late = false;
    const cancel = clock.after(CLEAN_UP_MS, () => {
      late = true;
      api.close();
    });
    await this.#turns.stop();
    const ours = (this.#stored ?? []).filter((rule) => rule.ours);
    if (!keep && ours.length > 0 && !late && this.#writes.wait() === 0) {
      this.#writes.spend();
      await api.remove(ours.map(({ id }) => id));
    }
    cancel();
    api.close();
  }

  /** One request at most; says after how many milliseconds the next step is due, if any. */
  async #step(): Promise<number | undefined> {
    if (this.#stored === undefined) return this.#read();
    if (this.#dirty) this.#plan(this.#stored);
    const { clock } = this.#options;
    const goal = {
      desired: this.#desired,
      maxRules: this.#maxRules,
      mostAWrite: this.#mostAWrite,
      addedLast: this.#addedLast,
    };
    const write = nextWrite(goal, this.#stored, clock.monotonic());
    if (write === undefined) {
      this.#succeed();
      this.#readForDuplicates = false;
      // When all is over, what others do to the account's rules is read anew the next time.
      if (!this.#active) this.#stored = undefined;
      return undefined;
    }
    if ('wait' in write) return write.wait;
    const wait = this.#writes.wait(this.#active ? WRITES_IN_RESERVE : 0);
    if (wait > 0) return wait;
    this.#writes.spend();
    return 'add' in write ? this.#add(write.add) : this.#remove(write.remove);
  }

  get #maxRules(): number {
    return Math.min(this.#options.maxRules, this.#cap);
  }

  /** Whether another page of rules may be asked for; counts it. */
  #takeRead(): boolean {
    if (this.#reads.wait() > 0) return false;
    this.#reads.spend();
    return true;
  }

  async #read(): Promise<number | undefined> {
    const wait = this.#reads.wait();
    if (wait > 0) return wait;
    const found = await this.#options.api.list(() => this.#takeRead());
    if (found instanceof ApiFailure) return this.#fail(found.failure, this.#reads);
    this.#stored = found.map(({ id, value, tag }) => ({
      id,
      value,
      ours: tag?.startsWith(TAG_PREFIX) ?? false,
      clauses: this.#desired.get(value) ?? [],
      since: Number.NEGATIVE_INFINITY,
    }));
    this.#cap = this.#foundFull ? found.length : Number.POSITIVE_INFINITY;
    this.#foundFull = false;
    this.#dirty = true;
    return 0;
  }

  #plan(stored: readonly StoredRule[]): void {
    this.#dirty = false;
    const { frame, onRefused } = this.#options;
    const room = this.#maxRules - stored.filter(({ ours }) => !ours).length;
    const spare = Math.min(SPARE.rules, Math.floor(room * SPARE.share));
    const limits = {
      frame,
      maxRules: room - spare,
      alone: this.#objections.alone,
      invalid: this.#objections.invalid,
    };
    const tracks = [...this.#wanted].filter((track) => !this.#refused.has(track));
    const { rules, refused } = plan(this.#rules, tracks, limits);
    this.#rules = rules;
    this.#desired = new Map(rules.map((rule) => [spellRule(rule, frame), rule]));
    this.#objections.forget(new Set(rules.flat()));
    for (const track of refused) {
      this.#refused.add(track);
      onRefused(track, this.#explain(track, stored.length));
    }
  }

  #explain(track: Track, rules: number): string {
    const reason = this.#objections.reason(track);
    if (reason !== undefined) return `X does not take this query (${reason}); try another one.`;
    return (
      `X takes no more topics at present: this account has room for ${this.#maxRules} rules, ` +
      `and ${rules} are in use; try again later, or join a topic that is open.`
    );
  }

  async #add(values: readonly string[]): Promise<number | undefined> {
    const { api, clock } = this.#options;
    const added = await api.add(values, TAG);
    if (added instanceof ApiFailure) return this.#fail(added.failure, this.#writes);
    const since = clock.monotonic();
    // X is believed only about what it was asked.
    const ids = new Map(added.created.map(({ id, value }) => [value, id]));
    const created = values.filter((value) => ids.has(value));
    for (const value of created) {
      const clauses = this.#desired.get(value) ?? [];
      this.#stored?.push({ id: ids.get(value) ?? '', value, ours: true, clauses, since });
    }
    const invalid = values.filter((value) => added.invalid.has(value));
    this.#addedLast = true;
    this.#mostAWrite = MOST_A_WRITE;
    if (added.duplicates || added.full) {
      const again = this.#readForDuplicates && !added.full && created.length === 0;
      this.#readForDuplicates = !added.full;
      this.#foundFull = added.full;
      this.#stored = undefined;
      if (again) {
        const reason = 'X says that it has a rule, and does not list it';
        return this.#fail({ kind: 'http', reason }, undefined);
      }
    } else if (invalid.length > 0) {
      await this.#learn(invalid, added.invalid);
    } else if (created.length === 0) {
      // It refuses the lot and does not say for which rule's sake: find out by halves.
      if (values.length === 1) {
        return this.#fail({ kind: 'http', reason: 'X took no rule and gave no reason' }, undefined);
      }
      this.#mostAWrite = Math.ceil(values.length / 2);
    }
    this.#succeed();
    return 0;
  }

  /** What the budget has no room for is learnt when X refuses it again. */
  async #learn(values: readonly string[], reasons: ReadonlyMap<string, string>): Promise<void> {
    this.#dirty = true;
    for (const value of values) {
      const clauses = this.#desired.get(value) ?? [];
      if (clauses.length > 1) {
        if (this.#writes.wait() > 0) return;
        this.#writes.spend();
      }
      await this.#objections.learn(clauses, reasons.get(value) ?? '', this.#options.api);
    }
  }

  async #remove(rules: readonly StoredRule[]): Promise<number | undefined> {
    const failed = await this.#options.api.remove(rules.map(({ id }) => id));
    if (failed !== undefined) return this.#fail(failed.failure, this.#writes);
    const gone = new Set(rules);
    this.#stored = this.#stored?.filter((rule) => !gone.has(rule));
    this.#addedLast = false;
    this.#succeed();
    return 0;
  }

  #isRested(): boolean {
    const since = this.#options.clock.monotonic() - this.#failedAt;
    return this.#trouble?.until === undefined && since >= REST_MS;
  }

  #succeed(): void {
    this.#failures.clear();
    this.#trouble = undefined;
  }

  /** Nobody knows whether X did what it did not confirm, so its rules are read again. */
  #fail(failure: Failure, budget: Budget | undefined): number | undefined {
    const now = this.#options.clock.now();
    const wait = nextRetry(failure, this.#failures, now, this.#options.random);
    if (failure.kind === 'limited' && wait !== undefined) budget?.block(wait);
    this.#stored = undefined;
    this.#failedAt = this.#options.clock.monotonic();
    this.#trouble = { failure, until: wait === undefined ? undefined : now + wait };
    return wait;
  }
}
