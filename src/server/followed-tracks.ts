// Keeps the tracks open that the operator wants followed, whether a client listens or not.

import type { Clock } from '../base/clock.ts';
import type { Multiplexer } from '../stream/multiplexer.ts';
import type { BoundedLog } from '../stream/telemetry.ts';
import type { Track } from '../track/track.ts';

/** The upstream may have room later. In milliseconds. */
export const FOLLOW_AGAIN_MS = 60_000;

/** Returns a function that ends the attempts to follow what the upstream has rejected. */
export function followTracks(
  tracks: readonly Track[],
  multiplexer: Multiplexer,
  clock: Clock,
  log: Pick<BoundedLog, 'warn'>,
): () => void {
  const waits = new Map<Track, () => void>();
  function follow(track: Track): void {
    multiplexer.keepOpen(track, ({ message }) => {
      const seconds = FOLLOW_AGAIN_MS / 1000;
      log.warn(`"${track.canonical}" cannot be followed, next attempt in ${seconds} s: ${message}`);
      waits.set(
        track,
        clock.after(FOLLOW_AGAIN_MS, () => follow(track)),
      );
    });
  }
  for (const track of tracks) follow(track);
  return () => {
    for (const cancel of waits.values()) cancel();
  };
}
