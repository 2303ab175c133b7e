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

/** `sources` has the names of those that are read. */
export function createTelemetry(
  log: Logger,
  clock: Clock,
  sources: readonly string[],
): ServerTelemetry {
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
    help: 'Failures of a source that led to a retry.',
    labelNames: ['source'],
    registers,
  });
  for (const source of sources) reconnects.inc({ source }, 0);
  const wire = new Histogram({
    name: 'senti_post_to_wire_seconds',
    help: 'Time from a post, or its event from another node, to the write to its listeners; measured once a tick, for its first post.',
    buckets: WIRE_BOUNDS,
    registers,
  });
  let eventsDropped = 0;
  /** By source. */
  const lasts = new Map<
    string,
    { readonly name: SourceState['name']; readonly hasLeftWait: boolean }
  >();

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
    bad: (reason, source) =>
      lines.write(`bad post, ${source}`, 'warn', `source ${source}: bad post: ${reason}`),
    wire: (ms) => wire.observe(ms / 1000),
    state(state, source) {
      const { name } = state;
      // Clients decide how often a source starts and stops; that must not hide its failures.
      if ('reason' in state) {
        // A terminal shows only the message, so it says everything.
        const { reason, until } = state;
        const when = until === undefined ? '' : ` (until ${new Date(until).toISOString()})`;
        lines.write(`failure, ${source}`, 'warn', `source ${source}: ${name}: ${reason}${when}`, {
          state,
        });
      } else {
        lines.write(`state, ${source}`, 'info', `source ${source}: ${name}`, { state });
      }
      // A wait that was interrupted and goes on when a listener comes back is no new failure.
      const last = lasts.get(source);
      if (name === 'waiting' && !last?.hasLeftWait) reconnects.inc({ source });
      lasts.set(source, { name, hasLeftWait: name === 'idle' && last?.name === 'waiting' });
    },
    log: (subject) => lines.about(subject),
    close: () => lines.close(),
  };
}
