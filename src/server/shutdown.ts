// Stops a server within ten seconds, whatever its clients and its upstream do.

import type { Server } from 'node:http';
import { type Drain, drainInBatches } from '../api/socket/drain.ts';
import { type Clock, within } from '../base/clock.ts';
import type { Multiplexer } from '../stream/multiplexer.ts';

/** How long a response may go on once every listener was told to leave, in milliseconds. */
const GRACE_MS = 2000;
/** How long stopping may take, in milliseconds. The log's last lines get the rest of the ten seconds. */
const STOP_WITHIN_MS = 9000;

interface Running {
  readonly http: Server;
  /** Whether other processes listen on the port of `http`. */
  readonly isPortShared: boolean;
  /** Each tells one client to leave. */
  readonly drains: readonly Drain[];
  readonly multiplexer: Multiplexer;
  readonly graphql: { dispose(): PromiseLike<void> | void };
  readonly past: { close(): Promise<void> };
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** Resolves once `http` is closed and everything behind it has stopped, or the time is up. */
export function shutDown(running: Running): Promise<void> {
  return within(running.clock, STOP_WITHIN_MS, stop(running));
}

async function stop(running: Running): Promise<void> {
  const { http, isPortShared, drains, multiplexer, graphql, past, clock, random } = running;
  // Another node takes over while clients are told to leave.
  const handedOver = multiplexer.handOver();
  const close = () => new Promise<void>((resolve) => http.close(() => resolve()));
  // On a shared port, the system then gives new clients to the other processes. On any other, the server stays to tell
  // them that it stops.
  const closedEarly = isPortShared ? close() : undefined;
  await drainInBatches(drains, clock, random);
  const closed = closedEarly ?? close();
  http.closeIdleConnections();
  await handedOver;
  await multiplexer.close();
  const pastClosed = past.close();
  const cancel = clock.after(GRACE_MS, () => http.closeAllConnections());
  await closed;
  cancel();
  await graphql.dispose();
  await pastClosed;
}
