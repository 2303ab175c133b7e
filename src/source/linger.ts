// Keeps a source running for a few seconds after its last track, so that a client that comes and goes does
// not make it reconnect each time.

import type { Clock } from '../base/clock.ts';
import type { Source } from './source.ts';

/** In milliseconds. */
export const LINGER_MS = 3000;

/** Wraps `source`, and delays by LINGER_MS the call that says that nothing is wanted. */
export function lingering(source: Source, clock: Clock): Source {
  let isWanted = false;
  let isClosed = false;
  let cancel = () => {};

  return {
    name: source.name,
    isTextPublic: source.isTextPublic,
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
