// Flushes outboxes at the end of the current tick, so that everything of one tick leaves in one write.

import type { Clock } from '../../base/clock.ts';
import type { Telemetry } from '../../stream/telemetry.ts';

export interface Flushable {
  flush(): void;
}

export interface FlushScheduler {
  /** Calls `flush` at the end of the current tick. */
  flushSoon(flushable: Flushable): void;
  /** Wraps `handle` and records the time until its writes are flushed. A call within another call is part of it. */
  timed<A extends unknown[]>(handle: (...message: A) => void): (...message: A) => void;
}

/** Reports the time from a tick's first timed message that caused a write until all is flushed. */
export function createFlushScheduler(
  clock: Clock,
  telemetry: Pick<Telemetry, 'wire'>,
): FlushScheduler {
  let due: Flushable[] = [];
  let scheduled = false;
  /** When the message arrived that is being handled. */
  let arrived: number | undefined;
  /** When the first message arrived whose writes wait. */
  let first: number | undefined;

  function flushAll(): void {
    const now = due;
    due = [];
    scheduled = false;
    for (const flushable of now) flushable.flush();
    if (first !== undefined) telemetry.wire(clock.monotonic() - first);
    first = undefined;
  }

  return {
    flushSoon(flushable) {
      due.push(flushable);
      first ??= arrived;
      if (!scheduled) setImmediate(flushAll);
      scheduled = true;
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
