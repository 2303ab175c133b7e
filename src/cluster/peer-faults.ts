// Counts and logs what is wrong with other nodes, so seldom that they cannot fill the log.

import type { Clock } from '../base/clock.ts';
import type { RelayCounters } from '../stream/cluster-state.ts';
import type { Alive } from './node-message.ts';

export interface ComplaintsOptions {
  readonly clock: Clock;
  readonly counters: RelayCounters;
  /** How this node would score. */
  readonly scoring: string;
  readonly log: Readonly<Record<'warn' | 'error', (message: string) => void>>;
}

/** The shortest time between two lines of one kind, in milliseconds. */
const COMPLAIN_EVERY_MS = 60_000;
const SOMEBODY_ELSE = 'who else can publish there?';

export class Complaints {
  readonly #options: ComplaintsOptions;
  readonly #loggedAt = new Map<string, number>();
  #mismatch: string | undefined;

  constructor(options: ComplaintsOptions) {
    this.#options = options;
  }

  /** Why this node's clients get events that are scored otherwise than it would; undefined if they don't. */
  get mismatch(): string | undefined {
    return this.#mismatch;
  }

  /** Another node, or somebody else, has sent `what`, which is of no use. */
  bad(what: string, problem = SOMEBODY_ELSE): void {
    const { counters, log } = this.#options;
    counters.bad += 1;
    this.#seldom('bad', () =>
      log.warn(
        `cluster: ${what} of another node could not be used (${counters.bad} so far); ${problem}`,
      ),
    );
  }

  /** The node that ingests has said how it scores. */
  compare({ node, scoring }: Alive): void {
    const { scoring: ours, log } = this.#options;
    const mismatch =
      scoring === ours
        ? undefined
        : `node ${node} ingests with ${scoring}, but this node was started with ${ours}; give all nodes the same options`;
    if (mismatch !== undefined && mismatch !== this.#mismatch) {
      this.#seldom('scoring', () => log.error(`cluster: ${mismatch}`));
    }
    this.#mismatch = mismatch;
  }

  #seldom(kind: 'bad' | 'scoring', say: () => void): void {
    const now = this.#options.clock.monotonic();
    if (now - (this.#loggedAt.get(kind) ?? Number.NEGATIVE_INFINITY) < COMPLAIN_EVERY_MS) return;
    this.#loggedAt.set(kind, now);
    say();
  }
}
