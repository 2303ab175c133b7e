// Who ingests next: a node contends for the lease, begins when it knows what all nodes want, and ends at
// once when it has the lease no more.

import type { Clock } from '../base/clock.ts';
import type { LeaseKeeper } from '../stream/relay.ts';
import type { Leader } from './leader.ts';
import { Lease } from './lease.ts';
import { isSameTerm, readTerm, spellClaim, spellTerm, type Term } from './term.ts';

export interface SuccessionOptions {
  readonly keeper: LeaseKeeper;
  readonly clock: Clock;
  readonly holder: string;
  /** Whether it is known what all nodes want; this node has had the lease since `since`, by the monotonic clock. What the source is not asked for any more, it drops. */
  readonly isInformed: (since: number) => boolean;
  /** The last epoch that the keeper has confirmed; 0 for none. */
  readonly lastEpoch: () => number;
  /** Begins to ingest. `mayPublish` is to be asked before every event. */
  readonly begin: (epoch: number, mayPublish: () => boolean) => Leader;
  /** After every change of `leader`. */
  readonly onChange: () => void;
  readonly log: Readonly<Record<'info' | 'warn', (message: string) => void>>;
}

export class Succession {
  readonly #options: SuccessionOptions;
  readonly #lease: Lease;
  #leader: Leader | undefined;
  /** Of this node, for as long as it has the lease. */
  #term: Term | undefined;
  #since = 0;
  /** Of the lease, until it is begun. */
  #epoch: number | undefined;
  #trouble: string | undefined;
  /** The last source that was read here, until it has ended. */
  #retiring: Promise<void> | undefined;

  constructor(options: SuccessionOptions) {
    this.#options = options;
    const { keeper, clock, holder, log } = options;
    this.#lease = new Lease({
      keeper,
      clock,
      holder: () =>
        this.#term === undefined ? spellClaim(holder, options.lastEpoch()) : spellTerm(this.#term),
      onGained: (claim, revision) => {
        this.#term = readTerm(claim, revision);
        this.#epoch = this.#term?.epoch;
        this.#since = clock.monotonic();
        this.beginIfInformed();
      },
      onLost: (reason) => {
        this.#term = undefined;
        this.#end(reason);
        options.onChange();
      },
      onAsked: (trouble) => {
        if (trouble !== undefined && trouble !== this.#trouble) {
          log.warn(`cluster: the lease cannot be asked for: ${trouble}`);
        }
        this.#trouble = trouble;
      },
    });
  }

  /** Undefined while another node ingests, or none. */
  get leader(): Leader | undefined {
    return this.#leader;
  }

  /** Why nobody can be asked who is to ingest. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Whether this node is going to ingest in a moment. */
  get isBeginning(): boolean {
    return this.#epoch !== undefined;
  }

  /** Of this node, if it has the lease as far as it knows. */
  get term(): Term | undefined {
    return this.#term;
  }

  /** Whether this node has just stopped to ingest, and the lease may still be its own. */
  get isRetiring(): boolean {
    return this.#retiring !== undefined;
  }

  /** The node that had the lease may have it no more. */
  contend(): void {
    this.#lease.contend();
  }

  beginIfInformed(): void {
    const epoch = this.#epoch;
    const { isInformed, begin, onChange, log } = this.#options;
    if (epoch === undefined || this.#retiring !== undefined || !isInformed(this.#since)) return;
    if (!this.#lease.check()) return;
    this.#epoch = undefined;
    this.#leader = begin(epoch, () => this.#lease.check());
    log.info(`cluster: this node ingests now, in epoch ${epoch}`);
    onChange();
  }

  /** The keeper says that `term` is on: if it is not this node's own, that has ended. */
  heed(term: Term): void {
    if (this.#term !== undefined && !isSameTerm(term, this.#term)) {
      this.#lease.lose('another node ingests');
    }
  }

  /** Lets another node ingest, for good. `handOver` says that there is one. */
  resign(handOver: boolean): Promise<void> {
    return this.#lease.resign(async () => {
      this.#end('it was given up', handOver);
      await this.#retiring;
    });
  }

  #end(reason: string, handOver = true): void {
    const leader = this.#leader;
    this.#epoch = undefined;
    this.#leader = undefined;
    if (leader === undefined) return;
    const { log } = this.#options;
    log.info(`cluster: this node does not ingest any more: ${reason}`);
    this.#retiring = leader.stop({ handOver }).finally(() => {
      this.#retiring = undefined;
      this.beginIfInformed();
    });
  }
}
