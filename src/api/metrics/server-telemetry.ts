// The server's telemetry: counts reports for Prometheus, and logs them.

import type { Logger } from 'pino';
import { Counter, Histogram, Registry } from 'prom-client';
import type { Clock } from '../../base/clock.ts';
import type { SourceState } from '../../source/source.ts';
import { EVICTIONS, REJECTION_KINDS, type Telemetry } from '../../stream/telemetry.ts';
import { createLineLimits } from './bounded-log.ts';

/** Seconds. A tick of an idle event loop takes less than the first, a slow one some of the middle. */
const WIRE_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** Characters of what a client sent that the log shows. */
const MAX_DETAIL_LENGTH = 200;

interface ServerTelemetry extends Telemetry {
  /** Holds what was counted. */
  readonly registry: Registry;
  /** Logs how many lines were omitted, and stops every timer. */
  close(): void;
}

export function createTelemetry(log: Logger, clock: Clock): ServerTelemetry {
  const registry = new Registry();
  const registers = [registry];
  const lines = createLineLimits(log, clock);
  const rejections = new Counter({
    name: 'senti_rejections_total',
    help: 'Requests, queries and connections that a limit or rule rejected, by its name.',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of REJECTION_KINDS) rejections.inc({ reason }, 0);
  const evictions = new Counter({
    name: 'senti_evictions_total',
    help: 'Connections that the server closed because their peers stalled, flooded or answered no ping, by what the peer did.',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of Object.keys(EVICTIONS)) evictions.inc({ reason }, 0);
  const reconnects = new Counter({
    name: 'senti_source_reconnects_total',
    help: 'Failures of the source that led to a retry.',
    registers,
  });
  const wire = new Histogram({
    name: 'senti_post_to_wire_seconds',
    help: 'Time from a post, or its event from another node, to the write to its listeners; measured once a tick, for its first post.',
    buckets: WIRE_BOUNDS,
    registers,
  });
  let eventsDropped = 0;
  let last: SourceState['name'] = 'idle';
  let hasLeftWait = false;

  return {
    registry,
    get eventsDropped() {
      return eventsDropped;
    },
    rejected(reason, detail) {
      rejections.inc({ reason });
      lines.write(reason, 'warn', `rejected (${reason}): ${detail.slice(0, MAX_DETAIL_LENGTH)}`);
    },
    evicted(reason) {
      evictions.inc({ reason });
      lines.write('evicted', 'warn', `evicted a connection: its peer ${EVICTIONS[reason]}`);
    },
    dropped() {
      eventsDropped += 1;
    },
    bad: (reason) => lines.write('bad post', 'warn', `source: bad post: ${reason}`),
    wire: (ms) => wire.observe(ms / 1000),
    state(state) {
      const { name } = state;
      // Clients decide how often a source starts and stops; that must not hide its failures.
      if ('reason' in state) {
        // A terminal shows only the message, so it says everything.
        const { reason, until } = state;
        const when = until === undefined ? '' : ` (until ${new Date(until).toISOString()})`;
        lines.write('failure', 'warn', `source: ${name}: ${reason}${when}`, { state });
      } else {
        lines.write('state', 'info', `source: ${name}`, { state });
      }
      // A wait that was interrupted and goes on when a listener comes back is no new failure.
      if (name === 'waiting' && !hasLeftWait) reconnects.inc();
      hasLeftWait = name === 'idle' && last === 'waiting';
      last = name;
    },
    log: (subject) => lines.about(subject),
    close: () => lines.close(),
  };
}
