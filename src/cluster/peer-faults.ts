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

export class PeerFaults {
  readonly #options: PeerFaultsOptions;
  readonly #loggedAt = { bad: Number.NEGATIVE_INFINITY, scoring: Number.NEGATIVE_INFINITY };
  #mismatch: string | undefined;

  constructor(options: PeerFaultsOptions) {
    this.#options = options;
  }

  /** Why the events of this node are scored differently than it would score them; undefined if they are not. */
  get mismatch(): string | undefined {
    return this.#mismatch;
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

  #mayLog(kind: 'bad' | 'scoring'): boolean {
    const now = this.#options.clock.monotonic();
    if (now - this.#loggedAt[kind] < LOG_EVERY_MS) return false;
    this.#loggedAt[kind] = now;
    return true;
  }
}
