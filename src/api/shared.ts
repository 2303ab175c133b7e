// What all surfaces share. The server makes it once.

import type { Clock } from '../base/clock.ts';
import type { TimeSlices } from '../base/time-slices.ts';
import type { Multiplexer } from '../stream/multiplexer.ts';
import type { Telemetry } from '../stream/telemetry.ts';
import type { Windows } from '../stream/windows.ts';
import type { Auth } from './access/auth.ts';
import type { ConnectionLimits } from './access/connection-limits.ts';
import type { OriginCheck } from './access/origins.ts';
import type { QueryLimits } from './graphql/operation-size.ts';

export interface Shared {
  readonly clock: Clock;
  /** For all that clients ask. */
  readonly slices: TimeSlices;
  readonly telemetry: Telemetry;
  readonly multiplexer: Multiplexer;
  readonly windows: Windows;
  readonly auth: Auth;
  readonly connectionLimits: ConnectionLimits;
  readonly isAllowed: OriginCheck;
  /** True while the server stops; then it takes nothing new. */
  readonly isStopping: () => boolean;
  readonly limits: MessageLimits &
    QueryLimits & {
      /** Whether the server is a subgraph of a federated graph. */
      readonly federation: boolean;
      /** The most buckets of one question about the past. */
      readonly maxHistoryBuckets: number;
    };
}

export interface MessageLimits {
  /** The longest WebSocket message, and the longest body of a request. */
  readonly maxMessageBytes: number;
  /** The most from one WebSocket. */
  readonly maxMessagesPerSecond: number;
  /** Operations that may run on one WebSocket. */
  readonly maxSubscriptions: number;
  /** How long a client may take to send `connection_init`, in seconds. */
  readonly initTimeout: number;
  /** Whether clients may ask for the schema; if not, errors do not suggest names from it either. */
  readonly introspection: boolean;
  /** The only operations that clients may run, by their ids; undefined if they may run any. */
  readonly documents: ReadonlyMap<string, string> | undefined;
}
