// Stops a server within ten seconds, whatever its clients and its upstream do.

import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type Drain, drainInBatches } from '../api/socket/drain.ts';
import type { Clock } from '../base/clock.ts';

/** How long a response may go on once every listener was told to leave, in milliseconds. */
const GRACE_MS = 2000;
/** How long stopping may take, in milliseconds. The log's last lines get the rest of the ten seconds. */
const STOP_WITHIN_MS = 9000;

export interface ShutdownOptions {
  readonly http: Server;
  /** Each tells one client to leave. */
  readonly drains: readonly Drain[];
  /** Lets another node ingest; it goes on while clients are told to leave. */
  readonly handOver: () => Promise<void>;
  /** Ends every topic, and then the source. */
  readonly closeTopics: () => Promise<void>;
  /** Frees the rest, once `http` is closed. */
  readonly dispose: () => PromiseLike<void> | void;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** Resolves once `http` is closed and everything behind it has stopped, or the time is up. */
export async function shutDown(options: ShutdownOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const cancel = options.clock.after(STOP_WITHIN_MS, resolve);
  stop(options).finally(cancel).then(resolve, reject);
  await promise;
}

async function stop(options: ShutdownOptions): Promise<void> {
  const { http, drains, handOver, closeTopics, dispose, clock, random } = options;
  const handedOver = handOver();
  await drainInBatches(drains, clock, random);
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  await handedOver;
  await closeTopics();
  const cancel = clock.after(GRACE_MS, () => http.closeAllConnections());
  await closed;
  cancel();
  await dispose();
}

/** Follows the connections of `http`. The returned function destroys those that are left. */
export function trackConnections(http: Server, connected: (socket: Socket) => void): () => void {
  const open = new Set<Socket>();
  http.on('connection', (socket: Socket) => {
    connected(socket);
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  return () => {
    for (const socket of open) socket.destroy();
  };
}
