// Which node ingests, and in which term. Only the keeper of the lease knows: what a message says of that is
// no more than a reason to ask.

import type { Clock } from '../base/clock.ts';
import { type LeaseKeeper, RelayError } from '../stream/relay.ts';
import { isEpoch, isNodeId, MAX_EPOCH } from './node-message.ts';

export interface Term {
  readonly node: string;
  /** The number of the term. */
  readonly epoch: number;
}

/** The shortest time between two questions to the keeper, in milliseconds, however many messages name other terms. */
const ASK_EVERY_MS = 250;

/** What a node has the keeper write down when it claims the lease; the revision is not known yet. */
export function spellClaim(node: string, last: number): string {
  // Revisions begin anew when somebody deletes what the keeper has kept, and epochs go on.
  return `${node} >${last < MAX_EPOCH ? last : 0}`;
}

/** What a node has the keeper write down when it renews the lease. */
export function spellTerm({ node, epoch }: Term): string {
  return `${node} ${epoch}`;
}

/** The term of what the keeper has written down at `revision`; undefined when no node has spelt it. */
export function readTerm(holder: string, revision: number): Term | undefined {
  const [, node, isClaim, number] = /^(\S+) (>?)(\d{1,16})$/.exec(holder) ?? [];
  const epoch = isClaim ? Math.max(revision, Number(number) + 1) : Number(number);
  return isNodeId(node) && isEpoch(epoch) ? { node, epoch } : undefined;
}

export function isSameTerm(a: Term | undefined, b: Term | undefined): boolean {
  return a?.node === b?.node && a?.epoch === b?.epoch;
}

export interface TermsOptions {
  readonly keeper: LeaseKeeper;
  readonly clock: Clock;
  /** The term of this node itself, if it has the lease. */
  readonly own: () => Term | undefined;
  /** The keeper has said that this term is on. */
  readonly onTerm: (term: Term) => void;
}

export class Terms {
  readonly #options: TermsOptions;
  #term: Term | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #isAsking = false;
  #isAskedAgain = false;
  #cancelAsk: (() => void) | undefined;

  constructor(options: TermsOptions) {
    this.#options = options;
  }

  /** The last one that the keeper has confirmed: the same object for as long as it is on. */
  get term(): Term | undefined {
    return this.#term;
  }

  /** The lease confirms `term`. */
  begin(term: Term): void {
    if (!isSameTerm(term, this.#term)) this.#term = term;
  }

  /** There is word of another term: has the keeper asked, soon. */
  ask(): void {
    if (this.#cancelAsk !== undefined) return;
    if (this.#isAsking) {
      this.#isAskedAgain = true;
      return;
    }
    const { clock } = this.#options;
    const wait = this.#askedAt + ASK_EVERY_MS - clock.monotonic();
    if (wait <= 0) return void this.#ask();
    this.#cancelAsk = clock.after(wait, () => {
      this.#cancelAsk = undefined;
      void this.#ask();
    });
  }

  stop(): void {
    this.#cancelAsk?.();
  }

  async #ask(): Promise<void> {
    const { keeper, clock, own, onTerm } = this.#options;
    this.#askedAt = clock.monotonic();
    this.#isAsking = true;
    this.#isAskedAgain = false;
    const before = own();
    try {
      const lease = await keeper.read();
      const term = lease && readTerm(lease.holder, lease.revision);
      // The answer may be older than what has happened to this node's own lease meanwhile.
      if (term !== undefined && isSameTerm(before, own())) {
        this.begin(term);
        onTerm(term);
      }
    } catch (error) {
      // The next message of another term has the keeper asked again.
      if (!(error instanceof RelayError)) throw error;
    } finally {
      this.#isAsking = false;
    }
    if (this.#isAskedAgain) this.ask();
  }
}
