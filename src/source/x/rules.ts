// Keeps the rules at X as wanted: lists them once, and then changes them by few writes within X's limits.

import type { Clock } from '../../base/clock.ts';
import type { Track } from '../../track/track.ts';
import type { Setback } from '../reconnector.ts';
import type { Tracks } from '../source.ts';
import { ApiFailure } from './api-client.ts';
import { type Failure, retryWait } from './failure.ts';
import { RULE_READS_A_WINDOW, RULE_WRITES_A_WINDOW } from './limits.ts';
import { RejectedClauses } from './rejected-clauses.ts';
import { RequestBudget } from './request-budget.ts';
import { plan } from './rule-plan.ts';
import { type RuleFormat, spellRule } from './rule-text.ts';
import type { StoredRule } from './rule-writes.ts';
import type { RulesApi } from './rules-api.ts';
import { after, INITIAL_RULES, LIST_EVERY_MS, nextStep, type Suspect, TAG } from './rules-state.ts';
import { SerialTimer } from './serial-timer.ts';

interface RulesOptions {
  readonly api: RulesApi;
  readonly format: RuleFormat;
  /** The limit of the whole account. It includes rules that are not Senti's. */
  readonly maxRules: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** X cannot deliver `track`, for this reason. */
  readonly onRejected: (track: Track, reason: string) => void;
  /** X had lost wanted rules, and holds them again. */
  readonly onRestored: () => void;
  /** `status` may have changed. */
  readonly onChange: () => void;
}

/** Changes within this time are written together, in milliseconds. */
const GATHER_MS = 500;
/** Writes kept back, so that unwanted rules can always be removed. */
const WRITES_IN_RESERVE = 4;
/** Rules kept free, so that a rule can be replaced without a gap: at most so many, or this share. */
const SPARE = { rules: 10, share: 0.1 } as const;
/** How long `close` may take, in milliseconds. */
const CLEAN_UP_MS = 3000;

export class Rules {
  readonly #options: RulesOptions;
  readonly #reads: RequestBudget;
  readonly #writes: RequestBudget;
  readonly #timer: SerialTimer;
  readonly #rejectedClauses: RejectedClauses;
  /** Tracks that X cannot deliver and that are still wanted. */
  readonly #rejected = new Set<Track>();
  #wanted: Tracks = new Set();
  #hasLostRules = false;
  #state = INITIAL_RULES;

  constructor(options: RulesOptions) {
    this.#options = options;
    this.#rejectedClauses = new RejectedClauses(options.format);
    this.#reads = new RequestBudget(RULE_READS_A_WINDOW, options.clock);
    this.#writes = new RequestBudget(RULE_WRITES_A_WINDOW, options.clock);
    this.#timer = new SerialTimer(options.clock, async () => {
      const wait = await this.#step();
      options.onChange();
      return wait;
    });
  }

  /** Whether X holds a rule for at least one wanted track, and why its rules cannot be changed for now. */
  get status(): { readonly ready: boolean; readonly setback: Setback<Failure> | undefined } {
    const { stored = [], desired, setback } = this.#state;
    return { ready: stored.some(({ value }) => desired.has(value)), setback };
  }

  /** Makes X's rules ask for `tracks`, a live set. Without any, Senti leaves no rule at X. */
  want(tracks: Tracks): void {
    for (const track of this.#rejected) if (!tracks.has(track)) this.#rejected.delete(track);
    this.#wanted = tracks;
    this.#state = after.wanted(this.#state, tracks.size > 0, this.#now);
    if (this.#state.setback === undefined) this.#timer.arm(GATHER_MS);
  }

  /** Lists X's rules again, because they are not what they were taken for. */
  relist(): void {
    this.#state = after.doubted(this.#state);
    // After a failure they are listed anyway, and no sooner than the schedule allows.
    if (this.#state.setback === undefined) this.#timer.arm(0);
  }

  /** Removes Senti's rules, unless another node will `keep` them. The next start removes any that X is too slow for. */
  async close(keep = false): Promise<void> {
    const { api, clock } = this.#options;
    const cancel = clock.after(CLEAN_UP_MS, () => api.close());
    await this.#timer.stop();
    const ours = (this.#state.stored ?? []).filter((rule) => rule.ours);
    if (!keep && ours.length > 0 && this.#writes.take()) {
      await api.remove(ours.map(({ id }) => id));
    }
    cancel();
    api.close();
  }

  get #now(): number {
    return this.#options.clock.monotonic();
  }

  get #maxRules(): number {
    return Math.min(this.#options.maxRules, this.#state.foundRoom);
  }

  /** Makes one request at most. Returns the milliseconds until the next step, if one is due. */
  async #step(): Promise<number | undefined> {
    const step = nextStep(this.#state, this.#maxRules, this.#now);
    if (step === 'list') return this.#list();
    if (step === 'plan') {
      this.#plan();
      return this.#step();
    }
    if (step === 'settle') return this.#settle();
    if ('wait' in step) return step.wait;
    if ('fail' in step) return this.#fail(step.fail, this.#writes);
    if ('check' in step) return this.#check(step.check);
    const reserve = this.#state.anyWanted ? WRITES_IN_RESERVE : 0;
    if (!this.#writes.take(reserve)) return this.#writes.wait(reserve);
    return 'add' in step ? this.#add(step.add) : this.#remove(step.remove);
  }

  #settle(): number | undefined {
    if (this.#hasLostRules) this.#options.onRestored();
    this.#hasLostRules = false;
    this.#state = after.settled(this.#state);
    const { anyWanted, listedAt } = this.#state;
    return anyWanted ? listedAt + LIST_EVERY_MS - this.#now : undefined;
  }

  async #list(): Promise<number | undefined> {
    const wait = this.#reads.wait();
    if (wait > 0) return wait;
    const found = await this.#options.api.list(() => this.#reads.take());
    if (found instanceof ApiFailure) return this.#fail(found.failure, this.#reads);
    const { stored = [], desired } = this.#state;
    const there = new Set(found.map(({ value }) => value));
    const isLost = stored.some(({ value }) => desired.has(value) && !there.has(value));
    this.#hasLostRules ||= isLost;
    this.#state = after.listed(this.#state, found, this.#now);
    return 0;
  }

  #plan(): void {
    const { format, onRejected } = this.#options;
    const { stored = [], desired } = this.#state;
    const room = this.#maxRules - stored.filter(({ ours }) => !ours).length;
    const spare = Math.min(SPARE.rules, Math.floor(room * SPARE.share));
    const { alone, reasons } = this.#rejectedClauses;
    const limits = { format, maxRules: room - spare, alone, invalid: reasons };
    const tracks = [...this.#wanted].filter((track) => !this.#rejected.has(track));
    const { rules, rejected } = plan([...desired.values()], tracks, limits);
    const planned = new Map(rules.map((rule) => [spellRule(rule, format), rule]));
    this.#state = after.planned(this.#state, planned);
    this.#rejectedClauses.forget(new Set(rules.flat()));
    for (const track of rejected) {
      this.#rejected.add(track);
      onRejected(track, this.#explain(track, stored.length));
    }
  }

  #explain(track: Track, rules: number): string {
    const reason = this.#rejectedClauses.reasonFor(track);
    if (reason !== undefined) return `X does not take this query (${reason}); try another one.`;
    return (
      `X takes no more topics at present: this account has room for ${this.#maxRules} rules, ` +
      `and ${rules} are in use; try again later, or join a topic that is open.`
    );
  }

  async #add(values: readonly string[]): Promise<number | undefined> {
    const answer = await this.#options.api.add(values, TAG);
    if (answer instanceof ApiFailure) return this.#fail(answer.failure, this.#writes);
    this.#state = after.added(this.#state, values, answer, this.#now);
    return 0;
  }

  /** A check of several clauses costs a write. If none is left, X rejects the rule again later. */
  async #check({ clauses, reason }: Suspect): Promise<number> {
    if (clauses.length === 1 || this.#writes.take()) {
      await this.#rejectedClauses.learn(clauses, reason, this.#options.api);
    }
    this.#state = after.checked(this.#state);
    return 0;
  }

  async #remove(rules: readonly StoredRule[]): Promise<number | undefined> {
    const failed = await this.#options.api.remove(rules.map(({ id }) => id));
    if (failed !== undefined) return this.#fail(failed.failure, this.#writes);
    this.#state = after.removed(this.#state, rules);
    return 0;
  }

  #fail(failure: Failure, budget: RequestBudget): number | undefined {
    const now = this.#options.clock.now();
    const wait = retryWait(failure, this.#state.failures, now, this.#options.random);
    if (failure.kind === 'limited' && wait !== undefined) budget.block(wait);
    const until = wait === undefined ? undefined : now + wait;
    this.#state = after.failed(this.#state, { failure, until }, this.#now);
    return wait;
  }
}
