// Limits how many messages a WebSocket may send a second, pings and pongs included.

import type { WebSocket } from 'ws';
import type { Clock } from '../../base/clock.ts';
import { TokenBucket } from '../../base/token-bucket.ts';

/** How many seconds' worth may arrive at once. */
const BURST_SECONDS = 2;
/** Long messages cost more: each of so many bytes counts as a message. */
const BYTES_A_MESSAGE = 1024;

/** A message whose operation is rejected for its work counts as this many more messages. */
const REJECTED_MESSAGES = 9;

/**
 * Calls `onFlood`, which MUST close the socket, when it sends more than `rate` messages a second. The returned
 * functions count what only the caller can recognize: a pong that no ping asked for, and an operation that was
 * rejected for its work.
 */
export function limitMessageRate(
  socket: WebSocket,
  rate: number,
  clock: Clock,
  onFlood: () => void,
) {
  const bucket = new TokenBucket(rate, rate * BURST_SECONDS, clock.monotonic());
  function count(messages: number): void {
    if (socket.readyState !== socket.OPEN) return;
    if (!bucket.take(clock.monotonic(), messages)) onFlood();
  }
  const receive = ({ length }: Buffer) => count(Math.max(1, length / BYTES_A_MESSAGE));
  socket.on('message', receive);
  socket.on('ping', receive);
  return { pong: receive, rejected: () => count(REJECTED_MESSAGES) };
}
