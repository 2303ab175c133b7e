// Puts the parts of the past together: the recent events, the counts by the minute, and the store that keeps the counts.

import type { Clock } from '../base/clock.ts';
import { partsOf, type SourceStatus } from '../source/source.ts';
import type { LookBack } from '../stream/history.ts';
import type { SharedPast } from '../stream/journal.ts';
import type { Past } from '../stream/recorder.ts';
import type { Telemetry } from '../stream/telemetry.ts';
import { CountedPast } from './counts.ts';
import type { RecentLimits } from './event-log.ts';
import { createLookBack, MAX_WAITING } from './look-back.ts';
import { RecentEvents } from './recent-events.ts';
import { SharedCounts } from './shared-counts.ts';
import { IN_MEMORY } from './sqlite-message.ts';
import { SqliteStore } from './sqlite-store.ts';
import type { StoreState } from './store.ts';

interface PastOptions extends RecentLimits {
  /** The file that keeps the counts; empty for memory. */
  readonly history: string;
  readonly historyBytes: number;
  /** How long counts are kept by the minute, by ten minutes and by the hour, in milliseconds. */
  readonly historyByMinute: number;
  readonly historyByTenMinutes: number;
  readonly historyByHour: number;
}

export interface KeptPast {
  readonly past: Past;
  /** Clients and windows have separate queues, so that neither fills that of the other. */
  readonly lookBack: LookBack;
  readonly lookBackOfWindows: LookBack;
  readonly shared: SharedPast;
  /** The state of the store that keeps the counts. */
  readonly state: StoreState;
  /** Bytes of recent events, by estimate. */
  readonly recentBytes: number;
  /** The source of this node, or a part of it, is in another state. */
  source(source: SourceStatus): void;
  /** Keeps the running minute as it is, and ends. */
  close(): Promise<void>;
}

export function createPast(
  options: PastOptions,
  clock: Clock,
  telemetry: Pick<Telemetry, 'log' | 'rejected'>,
): KeptPast {
  const retention = {
    MINUTE: options.historyByMinute,
    TEN_MINUTES: options.historyByTenMinutes,
    HOUR: options.historyByHour,
  };
  const store = new SqliteStore(
    { path: options.history || IN_MEMORY, retention, maxBytes: options.historyBytes },
    telemetry.log('history'),
    () => counts.lost(),
  );
  const recent = new RecentEvents(options);
  const shared = new SharedCounts({ clock, store, heard: (end) => counts.heard(end) });
  const counts = new CountedPast(recent, clock, store, (ended) => shared.end(ended));
  const rejected = (reason: string) => telemetry.rejected('history', reason);
  const lookBackFor = (use: keyof typeof MAX_WAITING) =>
    createLookBack({ counts, store, retention, clock, rejected, maxWaiting: MAX_WAITING[use] });
  return {
    past: counts,
    shared,
    lookBack: lookBackFor('clients'),
    lookBackOfWindows: lookBackFor('windows'),
    get recentBytes() {
      return recent.bytes;
    },
    get state() {
      return store.state;
    },
    source(source) {
      for (const { name, state } of partsOf(source)) {
        counts.live(name, state.name === 'idle' ? 'idle' : state.name === 'live');
      }
    },
    async close() {
      counts.close();
      shared.close();
      await store.close();
    },
  };
}
