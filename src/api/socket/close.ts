// Closes connections: first everything that waits is written, and a peer that does not follow is forced.

import type { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';
import type { Clock } from '../../base/clock.ts';
import type { Outbox } from './outbox.ts';

/** A close frame has room for this much of a reason, in bytes (RFC 6455, section 5.5). */
const MAX_REASON_BYTES = 123;

/** Closes a WebSocket after everything that waits for it. Cuts a `reason` that is too long, at a whole character. */
export function closeAfterAll(
  socket: WebSocket,
  outbox: Outbox,
  code: number,
  reason: string,
): void {
  outbox.finish();
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(MAX_REASON_BYTES));
  socket.close(code, reason.slice(0, read));
}

/** Resolves once `connection` has closed. Calls `force`, which MUST close it, after `ms` milliseconds. */
export function closedWithin(
  clock: Clock,
  ms: number,
  connection: EventEmitter,
  force: () => void,
): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, force);
    connection.once('close', () => {
      cancel();
      resolve();
    });
  });
}
