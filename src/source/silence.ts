// Notices that an upstream has gone silent.

import type { Clock } from '../base/clock.ts';

export interface SilenceWatch {
  /** The upstream gave a sign of life. */
  heard(): void;
  cancel(): void;
}

/** Calls `onSilent` once nothing was heard for `ms` milliseconds, beginning now. */
export function watchSilence(clock: Clock, ms: number, onSilent: () => void): SilenceWatch {
  let heardAt = clock.monotonic();
  let cancel = wait(ms);

  // One timer for all signs of life: when it fires, it asks how long ago the last one was.
  function wait(left: number): () => void {
    return clock.after(left, () => {
      const rest = heardAt + ms - clock.monotonic();
      if (rest > 0) cancel = wait(rest);
      else onSilent();
    });
  }

  return {
    heard() {
      heardAt = clock.monotonic();
    },
    cancel: () => cancel(),
  };
}
