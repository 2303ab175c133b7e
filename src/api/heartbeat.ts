// Finds sockets whose peer is gone without a word, as when a laptop is shut.

import type { WebSocket } from 'ws';
import type { Clock } from '../clock.ts';

/** How long a socket is left alone between two pings, and how long it may take to answer one. */
export const PING_EVERY = 5_000;
export const PONG_WITHIN = 10_000;

/** Pings `socket` until it closes, and ends it when a ping is not answered. */
export function watchHeartbeat(socket: WebSocket, clock: Clock): void {
  let sent = 0;
  let cancel = clock.after(PING_EVERY, ping);

  function ping(): void {
    sent += 1;
    socket.ping(String(sent));
    cancel = clock.after(PONG_WITHIN, () => socket.terminate());
  }

  socket.on('pong', (data) => {
    // Only the answer to the last ping counts; anybody can send pongs unasked.
    if (String(data) !== String(sent)) return;
    cancel();
    cancel = clock.after(PING_EVERY, ping);
  });
  socket.once('close', () => cancel());
}
