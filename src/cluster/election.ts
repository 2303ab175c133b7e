// Elects the node that ingests, and owns the current term. A node claims the lease, begins to ingest when it knows
// the tracks of all nodes, and stops as soon as the lease is lost.

import type { Clock } from '../base/clock.ts';
import { type LeaseKeeper, RelayError } from '../stream/relay.ts';
import type { Leader } from './leader.ts';
import { Lease } from './lease.ts';
import { formatClaim, formatTerm, isSameTerm, parseTerm, type Term } from './term.ts';
import { Throttle } from './throttle.ts';

export interface ElectionOptions {
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

/** The shortest time between two reads of the lease, in milliseconds, however many messages name other terms. */
const READ_EVERY_MS = 250;

export class Election {
  readonly #options: ElectionOptions;
  readonly #lease: Lease;
  readonly #reads: Throttle;
  #term: Term | undefined;
  /** The term of this node, while it holds the lease. */
  #own: Term | undefined;
  #ownSince = 0;
  #isBeginning = false;
  #leader: Leader | undefined;
  #reason: string | undefined;
  /** The last leader's end, until it has come. */
  #retiring: Promise<void> | undefined;

  constructor(options: ElectionOptions) {
    this.#options = options;
    const { keeper, clock, node, log } = options;
    this.#reads = new Throttle({ clock, everyMs: READ_EVERY_MS, job: () => this.#readLease() });
    this.#lease = new Lease({
      keeper,
      clock,
      holder: () =>
        this.#own === undefined ? formatClaim(node, this.#term) : formatTerm(this.#own),
      onGained: (claim, revision) => {
        this.#own = parseTerm(claim, revision);
        this.#isBeginning = this.#own !== undefined;
        this.#ownSince = clock.monotonic();
        this.beginIfInformed();
      },
      onLost: (reason) => {
        this.#own = undefined;
        this.#end(reason);
        options.onChange();
      },
      onAsked: (reason) => {
        if (reason !== undefined && reason !== this.#reason) {
          log.warn(`cluster: cannot claim the lease: ${reason}`);
        }
        this.#reason = reason;
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
    return this.#isBeginning;
  }

  get holdsLease(): boolean {
    return this.#own !== undefined;
  }

  /** Whether this node is still stopping its source, and may still hold the lease. */
  get isRetiring(): boolean {
    return this.#retiring !== undefined;
  }

  /** Claims the lease now, because its holder may have lost it. */
  claim(): void {
    this.#lease.acquire();
  }

  /** Reads the lease soon, to learn whether the term has changed. */
  verify(): void {
    this.#reads.request();
  }

  beginIfInformed(): void {
    const { isInformed, begin, onChange, log } = this.#options;
    const own = this.#own;
    if (own === undefined || !this.#isBeginning || this.#retiring !== undefined) return;
    if (!isInformed(this.#ownSince) || !this.#lease.check()) return;
    this.#isBeginning = false;
    this.#confirm(own);
    this.#leader = begin(own, () => this.#lease.check());
    log.info(`cluster: this node ingests now, in epoch ${own.epoch}`);
    onChange();
  }

  /** Lets another node ingest, for good. `handOver` says that there is one. */
  resign(handOver: boolean): Promise<void> {
    return this.#lease.resign(async () => {
      this.#end('it handed over', handOver);
      await this.#retiring;
    });
  }

  stop(): void {
    this.#reads.stop();
  }

  async #readLease(): Promise<void> {
    const before = this.#own;
    try {
      const stored = await this.#options.keeper.read();
      const term = stored && parseTerm(stored.holder, stored.revision);
      // Ignore an answer from before this node gained or lost the lease.
      if (term === undefined || this.#own !== before) return;
      this.#confirm(term);
      if (before !== undefined && !isSameTerm(term, before)) {
        this.#lease.lose('another node ingests');
      }
    } catch (error) {
      // The next message of another term causes the next read.
      if (!(error instanceof RelayError)) throw error;
    }
  }

  #confirm(term: Term): void {
    if (!isSameTerm(term, this.#term)) this.#term = term;
  }

  #end(reason: string, handOver = true): void {
    const leader = this.#leader;
    this.#isBeginning = false;
    this.#leader = undefined;
    if (leader === undefined) return;
    this.#options.log.info(`cluster: this node no longer ingests: ${reason}`);
    this.#retiring = leader.stop({ handOver }).finally(() => {
      this.#retiring = undefined;
      this.beginIfInformed();
    });
  }
}
