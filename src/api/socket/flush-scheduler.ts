// Flushes outboxes at the end of the current tick, so that everything of one tick leaves in one write. When writing
// takes much of the time, a flush of events waits a little, so that the events of several ticks share a write.

import type { Clock } from '../../base/clock.ts';
import type { Telemetry } from '../../stream/telemetry.ts';
import { delayAfter, owedAfter } from './write-pacing.ts';

export interface Flushable {
  flush(): void;
}

export interface FlushScheduler {
  /** Calls `flush` at the end of the current tick, or up to `maxDelay` later unless that `isUrgent`. */
  flushSoon(flushable: Flushable, isUrgent?: boolean): void;
  /** Wraps `handle` and records the time until its writes are flushed. A call within another call is part of it. */
  timed<A extends unknown[]>(handle: (...message: A) => void): (...message: A) => void;
}

/**
 * Reports the time from a tick's first timed message that caused a write until all is flushed. A flush waits for up to
 * `maxDelay` milliseconds.
 */
export function createFlushScheduler(
  clock: Clock,
  telemetry: Pick<Telemetry, 'wire'>,
  maxDelay: number,
): FlushScheduler {
  let due: Flushable[] = [];
  let urgent: Flushable[] = [];
  /** When the message arrived that is being handled. */
  let arrived: number | undefined;
  /** When the first message arrived whose writes wait. */
  let first: number | undefined;
  /** What was owed when the last flush ended. */
  let owed = 0;
  let ended = clock.monotonic();
  /** What the last flush took for each flushable. */
  let lastCost = Number.POSITIVE_INFINITY;

  function flushDue(): void {
    const now = due;
    const since = first;
    due = [];
    first = undefined;
    flushAll(now, since);
  }

  function flushUrgent(): void {
    const now = urgent;
    urgent = [];
    // Waiting would save nothing here, so these writes owe no time.
    for (const flushable of now) flushable.flush();
  }

  function flushAll(now: readonly Flushable[], since: number | undefined): void {
    const began = clock.monotonic();
    for (const flushable of now) flushable.flush();
    // Node writes what goes over HTTP once this function has returned, and before it calls `end`.
    process.nextTick(end, began, since, now.length);
  }

  function end(began: number, since: number | undefined, count: number): void {
    const now = clock.monotonic();
    const cost = (now - began) / count;
    // A single long flush is no sign of much writing: the process paused, for example to collect garbage.
    owed = owedAfter(owed, now - ended, count * Math.min(cost, lastCost), maxDelay);
    lastCost = cost;
    ended = now;
    if (since !== undefined) telemetry.wire(now - since);
  }

  function schedule(): void {
    const delay = delayAfter(owed, clock.monotonic() - ended, maxDelay);
    if (delay > 0) clock.after(delay, flushDue);
    else setImmediate(flushDue);
  }

  return {
    flushSoon(flushable, isUrgent = false) {
      if (isUrgent) {
        if (urgent.length === 0) setImmediate(flushUrgent);
        urgent.push(flushable);
        return;
      }
      if (due.length === 0) schedule();
      due.push(flushable);
      first ??= arrived;
    },
    timed:
      (handle) =>
      (...message) => {
        if (arrived !== undefined) return handle(...message);
        arrived = clock.monotonic();
        try {
          handle(...message);
        } finally {
          arrived = undefined;
        }
      },
  };
}
