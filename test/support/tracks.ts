// Tracks for tests that only need some.

import { parseTrack, type Track } from '../../src/track/track.ts';
import { UserError } from '../../src/user-error.ts';

/** The track of a query that is known to be good. */
export function track(query: string): Track {
  const parsed = parseTrack(query);
  if (parsed instanceof UserError) throw parsed;
  return parsed;
}
