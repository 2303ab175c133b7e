// Tells clients to leave in batches, so that they do not all reconnect at once.

import type { Clock } from '../../base/clock.ts';

/** As many as another node admits a second by default. */
const DRAINED_A_SECOND = 1000;
/** Bounds the time for all batches, in milliseconds; it leaves clients half of ten seconds to close. */
const LONGEST_SPREAD = 5000;
const BATCH_EVERY = 50;

/** When a client that arrives meanwhile should try again, in seconds. */
export const RETRY_AFTER = 5;

/** Closes a WebSocket (RFC 6455, section 7.4.1); `STOPPING` answers clients that arrive meanwhile. */
export const GOING_AWAY = 1001;
export const GOING_AWAY_REASON = 'The server is going away';
export const STOPPING = 'The server is stopping';

/** Tells one client to leave; resolves when there is nothing more to wait for. */
export type Drain = () => Promise<void> | void;

/**
 * Calls each of `drains` in a batch that `random` (from 0 up to 1) chooses. The first batch is called at once, and few
 * clients need no second one. Resolves when all have resolved.
 */
export async function drainInBatches(
  drains: readonly Drain[],
  clock: Clock,
  random: () => number,
): Promise<void> {
  const spread = Math.min(LONGEST_SPREAD, (drains.length / DRAINED_A_SECOND) * 1000);
  const count = Math.max(1, Math.ceil(spread / BATCH_EVERY));
  const batches = Array.from({ length: count }, (): Drain[] => []);
  for (const drain of drains) batches[Math.floor(random() * count)]?.push(drain);
  const told = batches.map((batch, i) => {
    const tell = () => Promise.all(batch.map((drain) => drain()));
    if (i === 0) return tell();
    return new Promise((resolve) => {
      clock.after(i * BATCH_EVERY, () => resolve(tell()));
    });
  });
  await Promise.all(told);
}
