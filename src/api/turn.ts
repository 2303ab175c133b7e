// The end of a turn of the event loop, when all that came up in it has come up.

import type { Clock } from '../clock.ts';

export interface Flushable {
  flush(): void;
}

export interface Turn {
  /** Has `flush` called once this turn is over. */
  atEnd(flushable: Flushable): void;
  /** `handle`, of which it is measured how long it takes until what came of it is flushed. */
  timed<T>(handle: (message: T) => void): (message: T) => void;
}

/** `onFlushed` is told of the first timed message of a turn of which anything came, in milliseconds. */
export function createTurn(clock: Clock, onFlushed: (ms: number) => void): Turn {
  let due: Flushable[] = [];
  /** When the message came that is being handled, and when the first did that waits for its end. */
  let came: number | undefined;
  let first: number | undefined;

  function flushAll(): void {
    const now = due;
    due = [];
    for (const flushable of now) flushable.flush();
    if (first !== undefined) onFlushed(clock.monotonic() - first);
    first = undefined;
  }

  return {
    atEnd(flushable) {
      first ??= came;
      if (due.push(flushable) === 1) setImmediate(flushAll);
    },
    timed: (handle) => (message) => {
      came = clock.monotonic();
      handle(message);
      came = undefined;
    },
  };
}
