// The end of a turn of the event loop, when all that came up in it has come up.

import type { Clock } from '../../base/clock.ts';
import type { Telemetry } from '../../stream/telemetry.ts';

export interface Flushable {
  flush(): void;
}

export interface FlushScheduler {
  /** Has `flush` called once this turn is over. */
  atEnd(flushable: Flushable): void;
  /** To be told of what leaves by itself before this turn is over. */
  leaves(): void;
  /**
   * `handle`, of which it is measured how long it takes until what came of it is flushed. What is handled
   * within it, timed or not, is part of it.
   */
  timed<A extends unknown[]>(handle: (...message: A) => void): (...message: A) => void;
}

/** Reports the time from a tick's first timed message that caused a write until all is flushed. */
export function createFlushScheduler(
  clock: Clock,
  telemetry: Pick<Telemetry, 'wire'>,
): FlushScheduler {
  let due: Flushable[] = [];
  let scheduled = false;
  /** When the message came that is being handled, and when the first did that waits for its end. */
  let came: number | undefined;
  let first: number | undefined;

  function leaves(): void {
    first ??= came;
    if (!scheduled) setImmediate(flushAll);
    scheduled = true;
  }

  function flushAll(): void {
    const now = due;
    due = [];
    scheduled = false;
    for (const flushable of now) flushable.flush();
    if (first !== undefined) telemetry.wire(clock.monotonic() - first);
    first = undefined;
  }

  return {
    atEnd(flushable) {
      due.push(flushable);
      leaves();
    },
    leaves,
    timed:
      (handle) =>
      (...message) => {
        if (came !== undefined) return handle(...message);
        came = clock.monotonic();
        try {
          handle(...message);
        } finally {
          came = undefined;
        }
      },
  };
}
