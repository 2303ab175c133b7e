// Tracks for tests that only need some.

import { UserError } from '../../src/base/user-error.ts';
import { parseTrack, type Track } from '../../src/track/track.ts';

/** The track of a query that is known to be good. */
export function track(query: string): Track {
  const parsed = parseTrack(query);
  if (parsed instanceof UserError) throw parsed;
  return parsed;
}
