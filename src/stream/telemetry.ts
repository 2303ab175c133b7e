// What a running server reports about itself: one object with a few verbs, which every part is given. The server's
// own counts the reports for /metrics and logs them within bounds.

import type { SourceState } from '../source/source.ts';

/** The rules and limits that reject requests, queries and connections. */
export const REJECTION_KINDS = [
  'origin',
  'forged',
  'token',
  'sockets',
  'sockets-per-address',
  'attempts',
  'attempts-per-address',
  'messages',
  'size',
  'init',
  'request',
  'pipelined',
  'subscriptions',
  'tracks',
  'query',
  'work',
  'history',
] as const;
export type RejectionKind = (typeof REJECTION_KINDS)[number];

/** Why the server evicts a connection; each completes the sentence "its peer …". */
export const EVICTIONS = {
  stalled: 'takes nothing',
  flooding: 'asks for more than it takes',
  silent: 'answers no ping',
} as const;
export type Eviction = keyof typeof EVICTIONS;

/** What a log line is about. Each subject has its own bound, so that a flood about one hides no other. */
export type Subject =
  | 'operation'
  | 'GraphQL socket'
  | 'GraphQL'
  | 'socket'
  | 'connection'
  | 'keys'
  | 'source'
  | 'cluster'
  | 'history';
export type Level = 'debug' | 'info' | 'warn' | 'error';
/** A log for lines that clients and upstreams can cause: it writes a bounded number of them a minute. */
export type BoundedLog = Readonly<Record<Level, (line: string, error?: unknown) => void>>;

export interface Telemetry {
  /** Events dropped since the start. */
  readonly eventsDropped: number;
  /** A rule or limit rejected something. `detail` may hold what a client sent. */
  rejected(kind: RejectionKind, detail: string): void;
  /** The server closed a connection because its peer stalled, flooded or answered no ping. */
  evicted(eviction: Eviction): void;
  /** A slow listener did not get an event. */
  dropped(): void;
  /** A post of a source could not be read, for this reason. */
  bad(reason: string, source: string): void;
  /** A tick's first post reached the wire after so many milliseconds. */
  wire(ms: number): void;
  /** A source is in another state. */
  state(state: SourceState, source: string): void;
  log(subject: Subject): BoundedLog;
}
