// What one WebSocket may send: so many messages a second, of the protocol's own kinds too.

import type { WebSocket } from 'ws';
import type { Clock } from '../../clock.ts';
import { TokenBucket } from './token-bucket.ts';

/** How many seconds' worth may come at once. */
const BURST_SECONDS = 2;
/** A long message is work for its length: each of these bytes counts as a message. */
const BYTES_A_MESSAGE = 1024;

/**
 * Calls `onFlood`, which has to close the socket, when it sends more than `rate` messages a second. Returns
 * what counts a pong: the caller knows which ones the server has asked for.
 */
export function watchFlood(
  socket: WebSocket,
  rate: number,
  clock: Clock,
  onFlood: () => void,
): (pong: Buffer) => void {
  const bucket = new TokenBucket(rate, rate * BURST_SECONDS, clock.monotonic());
  function count({ length }: Buffer): void {
    if (socket.readyState !== socket.OPEN) return;
    if (!bucket.take(clock.monotonic(), Math.max(1, length / BYTES_A_MESSAGE))) onFlood();
  }
  socket.on('message', (data: Buffer) => count(data));
  socket.on('ping', count);
  return count;
}
