// Counts and logs what is wrong with other nodes. It logs rarely, so that they cannot fill the log.

import type { Clock } from '../base/clock.ts';
import type { RelayCounters } from '../stream/cluster-state.ts';

interface PeerFaultsOptions {
  readonly clock: Clock;
  readonly counters: RelayCounters;
  /** How this node scores. */
  readonly scoring: string;
  readonly log: Readonly<Record<'warn' | 'error', (message: string) => void>>;
}

/** The shortest time between two lines of one kind, in milliseconds. */
const LOG_EVERY_MS = 60_000;
/** The most that the clock of a gateway may differ from that of the node that ingests, in milliseconds. */
const MOST_APART_MS = 2000;
/** How long the clocks must differ, in milliseconds. A node that was suspended reads old messages, but at once. */
const APART_FOR_MS = 5000;

export class PeerFaults {
  readonly #options: PeerFaultsOptions;
  readonly #loggedAt = {
    bad: Number.NEGATIVE_INFINITY,
    scoring: Number.NEGATIVE_INFINITY,
    clock: Number.NEGATIVE_INFINITY,
  };
  #mismatch: string | undefined;
  #apart: string | undefined;
  /** The node whose clock has differed in all its last messages, and since when, by the monotonic clock. */
  #differs: { readonly node: string; readonly since: number } | undefined;

  constructor(options: PeerFaultsOptions) {
    this.#options = options;
  }

  /** How this gateway differs from the node that ingests, if it must not. */
  get mismatch(): string | undefined {
    return this.#mismatch ?? this.#apart;
  }

  /** A peer, or a program that is not a node, has sent `what`, and it cannot be used. */
  bad(what: string, reason = 'which other program can publish there?'): void {
    const { counters, log } = this.#options;
    counters.bad += 1;
    if (!this.#mayLog('bad')) return;
    log.warn(
      `cluster: ${what} of another node could not be used (${counters.bad} so far); ${reason}`,
    );
  }

  /** Compares how `node`, which ingests, scores with how this node would. */
  compare(node: string, scoring: string): void {
    const { scoring: ours, log } = this.#options;
    const mismatch =
      scoring === ours
        ? undefined
        : `node ${node} ingests with ${scoring}, but this node was started with ${ours}; give all nodes the same options`;
    const isNews = mismatch !== undefined && mismatch !== this.#mismatch;
    if (isNews && this.#mayLog('scoring')) log.error(`cluster: ${mismatch}`);
    this.#mismatch = mismatch;
  }

  /** Compares the clock of `node`, which ingests and has just said its `time`, with that of this node. */
  compareClocks(node: string, time: number): void {
    const { clock, log } = this.#options;
    const ahead = time - clock.now();
    const isNews = this.#apart === undefined;
    this.#apart = undefined;
    if (Math.abs(ahead) <= MOST_APART_MS) {
      this.#differs = undefined;
      return;
    }
    const now = clock.monotonic();
    if (this.#differs?.node !== node) this.#differs = { node, since: now };
    if (now - this.#differs.since < APART_FOR_MS) return;
    const seconds = Math.round(Math.abs(ahead) / 1000);
    const where = ahead > 0 ? 'ahead of' : 'behind';
    this.#apart = `the clock of node ${node}, which ingests, is ${seconds} s ${where} the clock of this node, so windows are wrong here; set both clocks`;
    if (isNews && this.#mayLog('clock')) log.error(`cluster: ${this.#apart}`);
  }

  #mayLog(kind: 'bad' | 'scoring' | 'clock'): boolean {
    const now = this.#options.clock.monotonic();
    if (now - this.#loggedAt[kind] < LOG_EVERY_MS) return false;
    this.#loggedAt[kind] = now;
    return true;
  }
}
