// Keeps a source running for a few seconds after the last track: most listeners come back soon, and a
// client that comes and goes all the time must not make the source connect each time.

import type { Clock } from '../base/clock.ts';
import type { Source } from './source.ts';

/** How long a source is kept after the last listener has left, in milliseconds. */
export const LINGER_MS = 3000;

/** `source`, which learns that nothing is wanted only when that has been so for LINGER_MS. */
export function lingering(source: Source, clock: Clock): Source {
  let isWanted = false;
  let isClosed = false;
  let cancel = () => {};

  return {
    name: source.name,
    get state() {
      return source.state;
    },
    get usage() {
      return source.usage;
    },
    want(tracks) {
      if (isClosed) return;
      const wasWanted = isWanted;
      isWanted = tracks.size > 0;
      if (isWanted) {
        cancel();
        source.want(tracks);
      } else if (wasWanted) {
        cancel = clock.after(LINGER_MS, () => source.want(tracks));
      }
    },
    close(options) {
      isClosed = true;
      cancel();
      return source.close(options);
    },
  };
}
