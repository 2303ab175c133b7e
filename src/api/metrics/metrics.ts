// What there is to know of a running server and its process, as a page for Prometheus.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { cpuUsage, memoryUsage, uptime } from 'node:process';
import { getHeapStatistics } from 'node:v8';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../../base/clock.ts';
import { unlessNoneLeft } from '../../base/descriptors.ts';
import type { SourceState } from '../../source/source.ts';
import { EVICTIONS, type Eviction } from '../socket/outbox.ts';
import { gaugesOf, type Readable, type Reading } from './gauges.ts';

/** Seconds. One turn of an idle event loop takes less than the first, a slow one some of the middle. */
const WIRE_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** How often the delay of the event loop is looked at, in milliseconds. */
const LOOP_RESOLUTION = 10;
const LOOP_QUANTILES = [0.5, 0.99, 1];
/** How long at least what is seen goes back, in milliseconds, however often others ask. */
export const LOOP_WINDOW = 60_000;
type LoopDelay = ReturnType<typeof monitorEventLoopDelay>;

export interface Metrics {
  /** Of the page. */
  readonly contentType: string;
  /** The page, in Prometheus' text format; all its values are of the moment of the call. */
  page(): Promise<string>;
  /** To be told of every socket that was cut, */
  cut(why: Eviction): void;
  /** of every new state of the source, */
  state(state: SourceState): void;
  /** and how long it took from a post to the last of the listeners that its turn wrote to, in milliseconds. */
  wire(ms: number): void;
  close(): void;
}

export function createMetrics(clock: Clock, readable: Readable): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION });
  loop.enable();
  const cuts = new Counter({
    name: 'senti_evictions_total',
    help: 'Connections that were cut, by what they did.',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of Object.keys(EVICTIONS)) cuts.inc({ reason }, 0);
  const reconnects = new Counter({
    name: 'senti_source_reconnects_total',
    help: 'Times that the source failed, and was to be tried again.',
    registers,
  });
  let last: SourceState['name'] = 'idle';
  let hasLeftWait = false;
  const wire = new Histogram({
    name: 'senti_post_to_wire_seconds',
    help: 'Time from a post, or its event from another node, until listeners are sent it; one a turn, its first.',
    buckets: WIRE_BOUNDS,
    registers,
  });
  // The library's own metrics of a process start observers that nothing can stop.
  const readings = {
    ...gaugesOf(readable),
    ...ofProcess(clock, createLoopReader(clock, loop)),
  };
  for (const [name, reading] of Object.entries(readings)) register(name, reading, registry);

  return {
    contentType: registry.contentType,
    page: () => registry.metrics(),
    cut: (reason) => cuts.inc({ reason }),
    state({ name }) {
      // A wait that was left and goes on when a listener comes back is no new failure.
      if (name === 'waiting' && !hasLeftWait) reconnects.inc();
      hasLeftWait = name === 'idle' && last === 'waiting';
      last = name;
    },
    wire: (ms) => wire.observe(ms / 1000),
    close: () => void loop.disable(),
  };
}

/** By the names that dashboards for any process expect. */
function ofProcess(clock: Clock, loopDelays: () => Delays): Record<string, Reading> {
  const started = clock.now() / 1000 - uptime();
  return {
    senti_loop_delay_seconds: {
      help: 'How late the event loop was, in the last minute at least.',
      label: 'quantile',
      read: loopDelays,
    },
    process_cpu_seconds_total: {
      help: 'CPU time spent.',
      read() {
        const { user, system } = cpuUsage();
        return (user + system) / 1e6;
      },
    },
    process_start_time_seconds: {
      help: 'When the process started, since 1970.',
      read: () => started,
    },
    process_resident_memory_bytes: {
      help: 'Resident memory.',
      // Node.js reads it from a file.
      read: () => unlessNoneLeft(() => memoryUsage.rss()),
    },
    nodejs_heap_size_used_bytes: {
      help: 'Heap in use.',
      read: () => getHeapStatistics().used_heap_size,
    },
    nodejs_heap_size_total_bytes: {
      help: 'Heap.',
      read: () => getHeapStatistics().total_heap_size,
    },
    nodejs_external_memory_bytes: {
      help: 'Memory of buffers and the like.',
      read: () => getHeapStatistics().external_memory,
    },
  };
}

/** By quantile, in seconds. */
type Delays = Readonly<Record<string, number>>;

function delaysBy(delayAt: (quantile: number) => number): Delays {
  return Object.fromEntries(LOOP_QUANTILES.map((quantile) => [quantile, delayAt(quantile)]));
}

/** Reads the worse of two windows, of which the first that asks after its end opens the next. */
function createLoopReader(clock: Clock, loop: LoopDelay): () => Delays {
  let before = delaysBy(() => 0);
  let since = clock.monotonic();
  return () => {
    if (clock.monotonic() - since >= LOOP_WINDOW) {
      before = delaysOf(loop);
      loop.reset();
      since = clock.monotonic();
    }
    return worse(before, delaysOf(loop));
  };
}

function delaysOf(loop: LoopDelay): Delays {
  // The interval itself is no delay, and nothing was measured yet when it is 0.
  return delaysBy(
    (quantile) => Math.max(0, loop.percentile(quantile * 100) / 1e6 - LOOP_RESOLUTION) / 1000,
  );
}

function worse(some: Delays, others: Delays): Delays {
  return delaysBy((quantile) => Math.max(some[quantile] ?? 0, others[quantile] ?? 0));
}

/** Counters are those whose names end in `_total`, as is the custom. */
function register(name: string, { help, label, read }: Reading, registry: Registry): void {
  const labelNames = label === undefined ? [] : [label];
  const Kind = name.endsWith('_total') ? Counter : Gauge;
  const metric = new Kind({ name, help, labelNames, registers: [registry], collect });

  function collect(): void {
    const value = read();
    metric.reset();
    if (value === undefined) metric.remove({});
    else if (typeof value === 'number') metric.inc(value);
    else if (label) for (const key of Object.keys(value)) metric.inc({ [label]: key }, value[key]);
  }
}
