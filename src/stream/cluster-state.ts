// The state of a node and its peers, for `status` and /metrics.

/** The node that ingests reads the source and makes the events. Gateways get them from it. */
type Role = 'INGEST' | 'GATEWAY';

export interface ClusterState {
  readonly id: string;
  readonly role: Role;
  /** Nodes that are alive, this one included. */
  readonly nodes: number;
  /** Distinct tracks of all nodes. */
  readonly tracks: number;
  /** Listeners of all nodes. */
  readonly listeners: number;
  /** Why this node does not work as it should, as a sentence for a person. */
  readonly problem?: string | undefined;
  readonly counters: Readonly<RelayCounters>;
}

/** What went wrong between nodes since the start. */
export interface RelayCounters {
  /** Messages that could not be sent, because this node was offline or too much waited. */
  lost: number;
  /** Messages that could not be read or used. */
  bad: number;
  /** Events of another term than the current one, and events that had been delivered before. */
  repeated: number;
  /** Gaps that listeners were told of, counted once for each track. */
  gaps: number;
}
