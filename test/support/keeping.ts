// What an ingest needs to keep the past, for tests that are about something else.

import type { BoundedLookBack } from '../../src/api/graphql/builder.ts';
import type { Clock } from '../../src/base/clock.ts';
import { systemClock } from '../../src/base/clock.ts';
import { RecentEvents } from '../../src/history/recent-events.ts';
import type { IngestOptions } from '../../src/stream/ingest.ts';
import type { SharedPast } from '../../src/stream/journal.ts';

/** A place that some event may have. */
export const SOMEWHERE = { epoch: 7, number: 1, time: 1_763_000_000_000 };

export function createPast(limits: Partial<ConstructorParameters<typeof RecentEvents>[0]> = {}) {
  return new RecentEvents({ recentEvents: 1000, recentBytes: 64 * 1024 * 1024, ...limits });
}

/** For an API that is not asked about the past. */
export const NO_LOOK_BACK: BoundedLookBack = {
  now: () => 0,
  maxBuckets: 0,
  history: () => Promise.reject(new Error('the past was asked for')),
};

/** A past whose counts stay where they are. */
export const NOT_SHARED: SharedPast = {
  shareBy: () => {},
  written: async () => {},
  take: async () => true,
};

/** A track closes as soon as nothing wants it. */
export function keeping(clock: Clock = systemClock) {
  return {
    clock,
    epoch: SOMEWHERE.epoch,
    past: createPast(),
    lingerMs: () => 0,
    maxTracks: Number.POSITIVE_INFINITY,
  } satisfies Partial<IngestOptions>;
}
