// Evicts connections whose peer takes nothing of a response. For WebSockets the outbox does so.

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { Telemetry } from '../../stream/telemetry.ts';
import { STALLED_FOR } from '../socket/outbox.ts';

/**
 * How long a response may take once all of it is written, in milliseconds, and how long a file may take in all. The
 * server cannot see how much of a single write the peer has taken, and a page takes minutes over a slow line.
 */
export const REST_WITHIN = 120_000;
const CHECK_EVERY = STALLED_FOR / 2;

const files = new WeakSet<ServerResponse>();

/** Allows a response the time of a file: a peer that does not read holds only one piece of it. */
export function allowFileTime(response: ServerResponse): void {
  files.add(response);
}

/**
 * A stream of events would wait for ever for a peer that takes nothing. A slow reader does take something, but the
 * kernel accepts more only when a third of its megabytes are free. So this watches the kernel's send queue, whose bytes
 * `queueOf` returns.
 */
export function evictWhenStalled(
  response: ServerResponse,
  clock: Clock,
  telemetry: Telemetry,
  queueOf: (socket: Socket) => number,
): void {
  let taken = takenBy(response);
  let queued: number | undefined;
  let movedAt = clock.monotonic();
  let cancel = clock.after(STALLED_FOR, check);

  function check(): void {
    const before = { taken, queued };
    const { socket, writableLength, writableEnded } = response;
    taken = takenBy(response);
    const mayGoOn = writableLength > 0 && !writableEnded;
    queued = mayGoOn && socket ? queueOf(socket) : undefined;
    const hasMoved =
      writableLength === 0 ||
      taken !== before.taken ||
      (before.queued !== undefined && queued !== before.queued);
    const isFile = files.has(response);
    if (hasMoved && !isFile) movedAt = clock.monotonic();
    const patience = writableEnded || isFile ? REST_WITHIN : STALLED_FOR;
    if (clock.monotonic() - movedAt >= patience) {
      telemetry.evicted('stalled');
      response.destroy();
      return;
    }
    cancel = clock.after(CHECK_EVERY, check);
  }

  response.once('close', () => cancel());
}

/** Bytes that the kernel has accepted on the connection of a response; a single write counts all or nothing. */
function takenBy({ socket }: ServerResponse): number {
  return (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0);
}
