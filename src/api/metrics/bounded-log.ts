// Bounds the log lines that clients and upstreams can cause: so many of each kind a minute, then how many more.

import type { Logger } from 'pino';
import type { Clock } from '../../base/clock.ts';
import type { BoundedLog, Level, Subject } from '../../stream/telemetry.ts';

/** The most lines of each kind. */
export const LINES_A_MINUTE = 10;
const MINUTE_MS = 60_000;

interface Minute {
  readonly since: number;
  readonly level: Level;
  /** The fields of the last line. */
  details: object;
  written: number;
  omitted: number;
  /** Set once a line was omitted. */
  cancel?: () => void;
}

export function createLineLimits(log: Logger, clock: Clock) {
  const minutes = new Map<string, Minute>();

  function end(kind: string): void {
    const minute = minutes.get(kind);
    minutes.delete(kind);
    minute?.cancel?.();
    if (!minute?.omitted) return;
    const omitted = minute.omitted.toLocaleString('en-US');
    log[minute.level](minute.details, `and ${omitted} more (${kind})`);
  }

  /** Writes `line` with the fields of `details`, or counts it as omitted if its kind had enough in this minute. */
  function write(kind: string, level: Level, line: string, details: object = {}): void {
    // A line that the level leaves out must not use up its kind's lines.
    if (!log.isLevelEnabled(level)) return;
    const now = clock.monotonic();
    let minute = minutes.get(kind);
    if (minute === undefined || now - minute.since >= MINUTE_MS) {
      end(kind);
      minute = { since: now, level, details, written: 0, omitted: 0 };
      minutes.set(kind, minute);
    }
    if (minute.written < LINES_A_MINUTE) {
      minute.written += 1;
      log[level](details, line);
    } else {
      minute.details = details;
      minute.omitted += 1;
      minute.cancel ??= clock.after(minute.since + MINUTE_MS - now, () => end(kind));
    }
  }

  return {
    write,
    about(subject: Subject): BoundedLog {
      const at = (level: Level) => (line: string, error?: unknown) =>
        write(`${subject}, ${level}`, level, line, error === undefined ? {} : { err: error });
      return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
    },
    /** Logs at once how many lines were omitted. */
    close(): void {
      for (const kind of [...minutes.keys()]) end(kind);
    },
  };
}
