// Going away without a stampede: clients are told in batches, so that they do not all come back at once.

import type { Clock } from '../../base/clock.ts';

/** As many as whoever takes over lets in, when nothing else is said. */
const DRAINED_A_SECOND = 1000;
/** However many there are, in milliseconds; it leaves them half of ten seconds to close. */
const LONGEST_SPREAD = 5000;
const BATCH_EVERY = 50;

/** For whoever comes while the server stops: when to try again, in seconds. */
export const RETRY_AFTER = 5;

/** How a WebSocket is closed then (RFC 6455, section 7.4.1), and what others are told who come then. */
export const GOING_AWAY = 1001;
export const GOING_AWAY_REASON = 'The server is going away';
export const STOPPING = 'The server is stopping';

/** Tells one client that the server goes away; resolves when nothing more is to be waited for. */
export type Drain = () => Promise<void> | void;

/**
 * Calls each of `drains` in a batch that `random` (from 0 up to 1) chooses, the first batch at once:
 * a few clients need no second one. Resolves when the last of them is through.
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
  const [first = [], ...others] = batches;
  const told = [
    tell(first),
    ...others.map(
      (batch, i) =>
        new Promise<void>((resolve) => {
          clock.after((i + 1) * BATCH_EVERY, () => resolve(tell(batch)));
        }),
    ),
  ];
  await Promise.all(told);
}

async function tell(batch: readonly Drain[]): Promise<void> {
  await Promise.all(batch.map((drain) => drain()));
}
