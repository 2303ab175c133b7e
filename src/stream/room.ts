// How much may wait for a reader: little for one that is slow, more for a moment after a burst.

/** Events that may wait for a slow reader, and their bytes. */
export const WAITING_EVENTS = 1024;
export const WAITING_BYTES = 1024 * 1024;
/** The same for a reader that was not behind until now: it cannot read while a tick goes on. */
export const BURST_EVENTS = 32 * 1024;
export const BURST_BYTES = 8 * 1024 * 1024;
/** How long a reader may be behind before it counts as slow, in milliseconds. */
export const BURST_WITHIN = 2_000;

/** Whether this much is too much for a reader that has been behind for `behindFor` milliseconds. */
export function isTooMuch(
  events: number,
  bytes: number,
  behindFor = Number.POSITIVE_INFINITY,
): boolean {
  if (events <= WAITING_EVENTS && bytes <= WAITING_BYTES) return false;
  return behindFor >= BURST_WITHIN || events > BURST_EVENTS || bytes > BURST_BYTES;
}
