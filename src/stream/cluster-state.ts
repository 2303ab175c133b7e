// How a node and those beside it stand, for whoever asks.

/** The one that ingests reads the source and makes the events; gateways are fed by it. */
export type Role = 'INGEST' | 'GATEWAY';

export interface ClusterState {
  readonly id: string;
  readonly role: Role;
  /** Nodes that are alive, this one included; distinct tracks and listeners of all of them. */
  readonly nodes: number;
  readonly tracks: number;
  readonly listeners: number;
  /** What is wrong with this node's place among the others, for a person to read. */
  readonly problem?: string | undefined;
  readonly counters: Readonly<RelayCounters>;
}

/** What went wrong between nodes, counted since the start. */
export interface RelayCounters {
  /** Messages that could not be sent: nobody was connected, or too much waited. */
  lost: number;
  /** Messages that were not what they should be. */
  bad: number;
  /** Events of another term than the one that is on, and posts that had been delivered before. */
  repeated: number;
  /** Gaps that listeners were told of; one counts once for each topic. */
  gaps: number;
}
