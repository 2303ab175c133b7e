// What one WebSocket may send: so many messages a second, of the protocol's own kinds too.

import type { WebSocket } from 'ws';
import type { Clock } from '../../base/clock.ts';
import { TokenBucket } from '../../base/token-bucket.ts';

/** How many seconds' worth may come at once. */
const BURST_SECONDS = 2;
/** A long message is work for its length: each of these bytes counts as a message. */
const BYTES_A_MESSAGE = 1024;

/** A message whose operation exceeds a budget of work counts as this many more messages. */
const REFUSED_MESSAGES = 9;

/** What else counts as messages, as the caller knows. */
export interface Flood {
  /** A pong that the server has not asked for. */
  pong(data: Buffer): void;
  /** An operation that was refused for the work that it is. */
  refused(): void;
}

/** Calls `onFlood`, which has to close the socket, when it sends more than `rate` messages a second. */
export function watchFlood(
  socket: WebSocket,
  rate: number,
  clock: Clock,
  onFlood: () => void,
): Flood {
  const bucket = new TokenBucket(rate, rate * BURST_SECONDS, clock.monotonic());
  function count(messages: number): void {
    if (socket.readyState !== socket.OPEN) return;
    if (!bucket.take(clock.monotonic(), messages)) onFlood();
  }
  const receive = ({ length }: Buffer) => count(Math.max(1, length / BYTES_A_MESSAGE));
  socket.on('message', receive);
  socket.on('ping', receive);
  return { pong: receive, refused: () => count(REFUSED_MESSAGES) };
}
