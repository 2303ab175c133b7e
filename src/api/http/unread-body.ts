// Closes the connection of a client that goes on sending the body of a request that is already answered. Node.js would
// read all of it and drop it. Or it would close the connection at once, and such a client would lose the answer too.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { Telemetry } from '../../stream/telemetry.ts';

/** What the server still reads of such a body, in bytes: some clients look for the answer once they have sent all. */
export const REST_BYTES = 1024 * 1024;
/** How long it waits for the rest, and for the client to read the answer, in milliseconds. */
export const REST_ARRIVES_WITHIN = 2000;

/** `longest` is the length of the longest body that a request may have, in bytes. */
export function boundUnreadBody(
  request: IncomingMessage,
  response: ServerResponse,
  longest: number,
  clock: Clock,
  telemetry: Pick<Telemetry, 'rejected'>,
): void {
  const { socket, headers } = request;
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  if (length === undefined && coding === undefined) return;
  // It will not be read to its end.
  if (Number(length) > Math.max(longest, REST_BYTES)) response.shouldKeepAlive = false;

  // Node.js calls it after an answer that closes the connection.
  socket.destroySoon = () => {
    if (request.complete) Socket.prototype.destroySoon.call(socket);
    else socket.end();
  };

  response.once('close', () => {
    if (request.complete || socket.destroyed) return;
    let rest = 0;
    const read = (bytes: Buffer) => {
      rest += bytes.length;
      if (request.complete) finish();
      else if (rest > REST_BYTES) socket.pause();
    };
    const cancel = clock.after(REST_ARRIVES_WITHIN, () => {
      telemetry.rejected('size', 'a body that goes on after its answer');
      socket.destroy();
    });
    const finish = () => {
      cancel();
      socket.off('data', read).off('close', cancel);
      if (socket.writableEnded) socket.destroy();
    };
    socket.on('data', read).once('close', cancel);
  });
}
