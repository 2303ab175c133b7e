// Closes connections: first everything that waits is written, and a peer that does not follow is forced.

import type { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';
import type { Clock } from '../../base/clock.ts';
import type { Outbox } from './outbox.ts';

/** A close frame has room for this much of a reason, in bytes (RFC 6455, section 5.5). */
const MAX_REASON_BYTES = 123;
const ELLIPSIS = '…';
/** The close code of what a rule forbids (RFC 6455, section 7.4.1). */
export const POLICY_VIOLATION = 1008;

/** Closes a WebSocket after everything that waits for it. Shortens a `reason` that is too long. */
export function closeAfterAll(
  socket: WebSocket,
  outbox: Outbox,
  code: number,
  reason: string,
): void {
  outbox.finish();
  socket.close(code, shorten(reason));
}

/** Cuts at the end of a word, or inside one that takes more than half of the room. */
function shorten(reason: string): string {
  const most = beginning(reason, MAX_REASON_BYTES);
  if (most === reason) return reason;
  const cut = beginning(reason, MAX_REASON_BYTES - Buffer.byteLength(ELLIPSIS));
  const end = cut.lastIndexOf(' ');
  return end < cut.length / 2 ? most : cut.slice(0, end) + ELLIPSIS;
}

/** As many whole characters as fit into `bytes`. */
function beginning(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
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
