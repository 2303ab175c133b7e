// Elects the node that ingests, and owns the current term. A node claims the lease, begins to ingest when it knows
// the tracks of all nodes, renews the lease, and knows by its own clock when to stop.

import type { Clock } from '../base/clock.ts';
import { type LeaseKeeper, RelayError } from '../stream/relay.ts';
import type { Leader } from './leader.ts';
import { formatClaim, formatTerm, isSameTerm, parseTerm, type Term } from './term.ts';
import { Throttle } from './throttle.ts';

interface ElectionOptions {
  readonly keeper: LeaseKeeper;
  readonly clock: Clock;
  readonly node: string;
  /**
   * Whether this node knows the tracks of all nodes; it has held the lease since `since`, by the monotonic clock.
   * A leader that knew too few would drop the others upstream.
   */
  readonly isInformed: (since: number) => boolean;
  /** Begins to ingest. The leader asks `mayPublish` before every event. */
  readonly begin: (term: Term, mayPublish: () => boolean) => Leader;
  /** Called after every change of `leader`. */
  readonly onChange: () => void;
  readonly log: Readonly<Record<'info' | 'warn', (message: string) => void>>;
}

/** What this node knows of the lease while it holds it. Times are of the monotonic clock. */
interface Tenure {
  readonly term: Term;
  readonly since: number;
  /** The revision of the last renewal. */
  readonly revision: number;
  /** When another node may take the lease. */
  readonly deadline: number;
}

/** How many times a node renews or claims the lease in the time that it lasts. */
const TRIES = 3;
/** The shortest time between two attempts, in milliseconds, however many nodes say that they stop. */
const ATTEMPT_EVERY_MS = 50;
/** The shortest time between two reads of the lease, in milliseconds, however many messages name other terms. */
const READ_EVERY_MS = 250;
/**
 * The last share of the lease's time, in which its holder no longer relies on it. The holder counts from before it
 * asked, so it is early anyway. This is for clocks that run at different speeds.
 */
const MARGIN = 0.2;

export class Election {
  readonly #options: ElectionOptions;
  readonly #reads: Throttle;
  readonly #attempts: Throttle;
  /** The attempt to claim or renew the lease that has no answer yet. */
  #attempt: Promise<void> | undefined;
  #term: Term | undefined;
  #tenure: Tenure | undefined;
  #leader: Leader | undefined;
  #reason: string | undefined;
  #hasResigned = false;
  /** Whether a request may have changed the lease without an answer. */
  #isUnanswered = false;
  /** The last leader's end, until it has come. */
  #retiring: Promise<void> | undefined;
  #cancelAttempt = () => {};
  #cancelExpiry = () => {};

  constructor(options: ElectionOptions) {
    this.#options = options;
    const { clock } = options;
    this.#reads = new Throttle({ clock, everyMs: READ_EVERY_MS, job: () => this.#readLease() });
    this.#attempts = new Throttle({
      clock,
      everyMs: ATTEMPT_EVERY_MS,
      job: () => {
        this.#attempt = this.#try();
        return this.#attempt;
      },
    });
  }

  /**
   * The current term: the last one that the keeper of the lease has confirmed, and the same object while it lasts.
   * Messages only name terms. One that names another term is a reason to call `verify`.
   */
  get term(): Term | undefined {
    return this.#term;
  }

  /** Undefined on a gateway. */
  get leader(): Leader | undefined {
    return this.#leader;
  }

  /** Why the lease cannot be claimed. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Whether this node holds the lease and is about to ingest. */
  get isBeginning(): boolean {
    return this.holdsLease && this.#leader === undefined && !this.#hasResigned;
  }

  get holdsLease(): boolean {
    return this.#tenure !== undefined;
  }

  /** Whether this node is still stopping its source, and may still hold the lease. */
  get isRetiring(): boolean {
    return this.#retiring !== undefined;
  }

  /** Claims or renews the lease now, and regularly from now on. */
  claim(): void {
    this.#cancelAttempt();
    this.#attempts.request();
  }

  /** Reads the lease soon, to learn whether the term has changed. */
  verify(): void {
    this.#reads.request();
  }

  beginIfInformed(): void {
    const { isInformed, begin, onChange, log } = this.#options;
    const tenure = this.#tenure;
    if (tenure === undefined || !this.isBeginning || this.isRetiring) return;
    if (!isInformed(tenure.since) || !this.#mayIngest()) return;
    const { term } = tenure;
    this.#confirm(term);
    this.#leader = begin(term, () => this.#mayIngest());
    log.info(`cluster: this node ingests now, in epoch ${term.epoch}`);
    onChange();
  }

  /** Lets another node ingest, for good. `handOver` says that there is one. */
  async resign(handOver: boolean): Promise<void> {
    this.#hasResigned = true;
    this.#end('it handed over', handOver);
    await this.#retiring;
    // A renewal must not overtake the release.
    this.#attempts.stop();
    await this.#attempt;
    this.#cancelAttempt();
    await this.#giveBack(this.#tenure?.revision);
    this.#lose('it was given up');
  }

  stop(): void {
    this.#reads.stop();
  }

  /**
   * Whether this node holds the lease at this moment. Call it before everything that only the holder may do:
   * a process that was suspended learns here that it is too late, before any timer rings.
   */
  #mayIngest(): boolean {
    if (this.#tenure === undefined) return false;
    if (this.#options.clock.monotonic() < this.#tenure.deadline) return true;
    this.#lose('it could not be renewed in time');
    return false;
  }

  async #try(): Promise<void> {
    if (this.#hasResigned && !this.holdsLease) return;
    await this.#ask();
    const { clock, keeper } = this.#options;
    this.#cancelAttempt = clock.after(keeper.ttl / TRIES, () => this.claim());
  }

  async #ask(): Promise<void> {
    const { keeper, clock, node } = this.#options;
    const held = this.#mayIngest() ? this.#tenure : undefined;
    const holder = held ? formatTerm(held.term) : formatClaim(node, this.#term);
    const askedAt = clock.monotonic();
    try {
      const revision = held
        ? await keeper.renew(holder, held.revision)
        : await keeper.claim(holder);
      this.#explain(undefined);
      if (revision === undefined) return await this.#concede(held);
      this.#isUnanswered = false;
      const term = held?.term ?? parseTerm(holder, revision);
      const deadline = askedAt + keeper.ttl * (1 - MARGIN);
      // The answer may come too late to be of use.
      const isLate = clock.monotonic() >= deadline || held !== this.#tenure;
      const isUnwanted = held === undefined && this.#hasResigned;
      if (term === undefined || isLate || isUnwanted) return this.#giveBack(revision);
      const since = held?.since ?? clock.monotonic();
      this.#tenure = { term, since, revision, deadline };
      this.#cancelExpiry();
      this.#cancelExpiry = clock.after(deadline - clock.monotonic(), () => this.#mayIngest());
      this.beginIfInformed();
    } catch (error) {
      if (!(error instanceof RelayError)) throw error;
      this.#isUnanswered = true;
      this.#explain(`cannot claim the lease: ${error.message}`);
    }
  }

  /** The lease is not as this node knows it: another node holds it, or this one does since an answer was lost. */
  async #concede(held: Tenure | undefined): Promise<void> {
    const own = await this.#findOwn();
    if (own && held && held === this.#tenure && isSameTerm(own.term, held.term)) {
      this.#tenure = { ...held, revision: own.revision };
    } else {
      this.#lose('another node has it');
      if (own === undefined) return;
      await this.#giveBack(own.revision);
    }
    this.claim();
  }

  /** The lease, if the answer to a request was lost that gave it to this node. */
  async #findOwn(): Promise<{ readonly term: Term; readonly revision: number } | undefined> {
    if (!this.#isUnanswered) return undefined;
    const { keeper, node } = this.#options;
    const stored = await keeper.read();
    this.#isUnanswered = false;
    const term = stored && parseTerm(stored.holder, stored.revision);
    return stored && term?.node === node ? { term, revision: stored.revision } : undefined;
  }

  #explain(reason: string | undefined): void {
    if (reason !== undefined && reason !== this.#reason) {
      this.#options.log.warn(`cluster: ${reason}`);
    }
    this.#reason = reason;
  }

  async #giveBack(revision: number | undefined): Promise<void> {
    try {
      const last = (await this.#findOwn())?.revision ?? revision;
      if (last !== undefined) await this.#options.keeper.release(last);
    } catch (error) {
      // The lease runs out by itself.
      if (!(error instanceof RelayError)) throw error;
    }
  }

  async #readLease(): Promise<void> {
    const before = this.#tenure?.term;
    try {
      const stored = await this.#options.keeper.read();
      const term = stored && parseTerm(stored.holder, stored.revision);
      // Ignore an answer from before this node gained or lost the lease.
      if (term === undefined || this.#tenure?.term !== before) return;
      this.#confirm(term);
      if (before !== undefined && !isSameTerm(term, before)) this.#lose('another node ingests');
    } catch (error) {
      // The next message of another term causes the next read.
      if (!(error instanceof RelayError)) throw error;
    }
  }

  #confirm(term: Term): void {
    if (!isSameTerm(term, this.#term)) this.#term = term;
  }

  #lose(reason: string): void {
    if (this.#tenure === undefined) return;
    this.#tenure = undefined;
    this.#cancelExpiry();
    this.#end(reason);
    this.#options.onChange();
  }

  #end(reason: string, handOver = true): void {
    const leader = this.#leader;
    this.#leader = undefined;
    if (leader === undefined) return;
    this.#options.log.info(`cluster: this node no longer ingests: ${reason}`);
    this.#retiring = leader.stop({ handOver }).finally(() => {
      this.#retiring = undefined;
      this.beginIfInformed();
    });
  }
}
