// Telemetry that only writes down what it is told.

import type { Eviction, RejectionKind, Telemetry } from '../../src/stream/telemetry.ts';

export interface RecordedTelemetry extends Telemetry {
  readonly rejections: RejectionKind[];
  readonly evictions: Eviction[];
  /** In milliseconds. */
  readonly wireTimes: number[];
  /** What was logged about all subjects, each line with its error if it has one. */
  readonly lines: string[];
}

export function recordTelemetry(): RecordedTelemetry {
  const lines: string[] = [];
  const log = (line: string, error?: unknown) =>
    void lines.push(error === undefined ? line : `${line}: ${error}`);
  const telemetry = {
    rejections: [] as RejectionKind[],
    evictions: [] as Eviction[],
    wireTimes: [] as number[],
    lines,
    eventsDropped: 0,
    rejected: (kind: RejectionKind) => void telemetry.rejections.push(kind),
    evicted: (eviction: Eviction) => void telemetry.evictions.push(eviction),
    dropped: () => void telemetry.eventsDropped++,
    bad: (reason: string) => log(`bad post: ${reason}`),
    wire: (ms: number) => void telemetry.wireTimes.push(ms),
    state: () => {},
    log: () => ({ debug: log, info: log, warn: log, error: log }),
  };
  return telemetry;
}
