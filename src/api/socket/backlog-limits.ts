// How much may wait for a peer: little for a slow one, more for a moment after a burst.

/** Events that may wait for a slow peer, and their bytes. */
export const WAITING_EVENTS = 1024;
export const WAITING_BYTES = 1024 * 1024;
/** The same for a peer that has just fallen behind: no peer can keep up within a tick. */
export const BURST_EVENTS = 32 * 1024;
export const BURST_BYTES = 8 * 1024 * 1024;
/** How long a peer may be behind before it counts as slow, in milliseconds. */
export const BURST_WITHIN = 2_000;

/** Whether more than half of what may wait for a slow peer is waiting, so that more events at once would be dropped. */
export function isNearlyTooMuch(events: number, bytes: number): boolean {
  return isTooMuch(2 * events, 2 * bytes);
}

/** Whether this much is too much for a peer that has been behind for `behindFor` milliseconds. */
export function isTooMuch(
  events: number,
  bytes: number,
  behindFor = Number.POSITIVE_INFINITY,
): boolean {
  if (events <= WAITING_EVENTS && bytes <= WAITING_BYTES) return false;
  return behindFor >= BURST_WITHIN || events > BURST_EVENTS || bytes > BURST_BYTES;
}
