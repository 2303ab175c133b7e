// The status that a node shows: the source, whichever node reads it, and the cluster.

import type { Clock } from '../base/clock.ts';
import type { Redact } from '../base/redact.ts';
import type { SourceState, SourceStatus } from '../source/source.ts';
import type { ClusterState, RelayCounters } from '../stream/cluster-state.ts';
import type { Relay } from '../stream/relay.ts';
import type { Election } from './election.ts';
import type { Interest } from './interest.ts';
import type { Ingesting } from './node-message.ts';
import type { PeerFaults } from './peer-faults.ts';
import type { Peers } from './peers.ts';

interface NodeStatusOptions {
  readonly id: string;
  readonly clock: Clock;
  /** Takes secrets out of the reasons that the relay gives. */
  readonly redact: Redact;
  /** The names of the sources, for the time before any node reads them. */
  readonly sources: readonly string[];
  /** How many listeners this node has. */
  readonly listeners: () => number;
  readonly relay: Relay;
  readonly election: Election;
  readonly interest: Interest;
  readonly peers: Peers;
  readonly faults: PeerFaults;
  readonly counters: RelayCounters;
}

export class NodeStatus {
  readonly #options: NodeStatusOptions;

  constructor(options: NodeStatusOptions) {
    this.#options = options;
  }

  get source(): SourceStatus {
    const { relay, election } = this.#options;
    const { leader, isBeginning, reason } = election;
    if (relay.offlineReason !== undefined) return this.#waiting(relay.offlineReason);
    if (leader !== undefined) return leader.source;
    if (isBeginning) return this.#all({ name: 'connecting' });
    return this.ingestingPeer ?? this.#waiting(reason ?? 'no node ingests at the moment');
  }

  get cluster(): ClusterState {
    const { id, listeners, redact, relay, election, interest, peers, faults, counters } =
      this.#options;
    // What this node makes itself is as its options say.
    const mismatch = election.leader === undefined ? faults.mismatch : undefined;
    const problem = relay.offlineReason ?? election.reason ?? mismatch;
    return {
      id,
      role: election.leader === undefined ? 'GATEWAY' : 'INGEST',
      nodes: 1 + peers.size,
      tracks: interest.size,
      listeners: listeners() + peers.listeners,
      problem: problem && redact(problem),
      counters,
    };
  }

  /** What the peer that ingests says about that, if it has been heard lately. */
  get ingestingPeer(): Ingesting | undefined {
    const { election, peers } = this.#options;
    return election.term && peers.ingesting(election.term.node);
  }

  #waiting(reason: string): SourceStatus {
    const { clock, redact, relay } = this.#options;
    const until = clock.now() + relay.lease.ttl;
    return this.#all({ name: 'waiting', reason: redact(reason), until });
  }

  /** Each source is in the same state. */
  #all(state: SourceState): SourceStatus {
    const { sources } = this.#options;
    const parts = sources.length > 1 ? sources.map((name) => ({ name, state })) : undefined;
    return { name: sources.join(','), state, parts };
  }
}
