// When to write. A write costs nearly the same for one event as for ten. So when writing takes a large share of the time,
// the next flush waits, and more events share a write. All times are in milliseconds.

/** The share of the time that writing may take before flushes wait. */
const SHARE = 0.1;
/** Owed time for which no flush waits: 10 ms of writing, so that a quiet server writes a few events in a row at once. */
const FREE = 100;

/**
 * The time that is owed to all other work once a flush has taken `cost`: at `SHARE`, each millisecond of writing owes ten.
 * `owed` was owed `passed` before the end of this flush, and passing time pays it.
 */
export function owedAfter(owed: number, passed: number, cost: number, maxDelay: number): number {
  const left = Math.max(0, owed - passed);
  // Flushes soon stop waiting after a rush, however long it was.
  return Math.min(left + cost / SHARE, FREE + 2 * maxDelay);
}

/** How long a flush waits, from 0 to `maxDelay`, when `owed` was owed `passed` ago. */
export function delayAfter(owed: number, passed: number, maxDelay: number): number {
  return Math.min(Math.max(0, owed - passed - FREE), maxDelay);
}
