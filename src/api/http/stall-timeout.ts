// Ends responses whose peer takes nothing. WebSockets have their outbox for that.

import type { ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import type { Telemetry } from '../../stream/telemetry.ts';
import { STALLED_FOR } from '../socket/outbox.ts';
import type { SendQueues } from './send-queues.ts';

/**
 * How long the rest of a response may be on its way once all of it was written, in milliseconds, and how long
 * a file may take in all. Of one write it is not seen how much the peer has taken, and a page takes minutes on
 * a slow line.
 */
export const REST_WITHIN = 120_000;
const CHECK_EVERY = STALLED_FOR / 2;

const files = new WeakSet<ServerResponse>();

/** Gives a response as long as a file may take: a peer that does not read holds one piece of it. */
export function giveTime(response: ServerResponse): void {
  files.add(response);
}

/**
 * A stream of events would wait for ever for a peer that takes nothing of it. A slow reader does take
 * something: the kernel lets us write again only when a third of its megabytes are free, so its send queue
 * has to be looked at.
 */
export function evictWhenStalled(
  response: ServerResponse,
  clock: Clock,
  telemetry: Telemetry,
  sendQueues: SendQueues,
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
    queued = mayGoOn && socket ? sendQueues.of(socket) : undefined;
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

/** Bytes that the kernel took on the connection of a response; of a single write it is all or nothing. */
function takenBy({ socket }: ServerResponse): number {
  return (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0);
}
