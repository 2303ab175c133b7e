// The page for Prometheus: what was counted, and what is read on scrape.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { cpuUsage, memoryUsage, uptime } from 'node:process';
import { getHeapStatistics } from 'node:v8';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Clock } from '../../base/clock.ts';
import { unlessNoneLeft } from '../../base/descriptors.ts';
import { gaugesOf, type Readable, type Reading, type Values } from './gauges.ts';

/** How often the delay of the event loop is sampled, in milliseconds. */
const LOOP_RESOLUTION = 10;
const LOOP_QUANTILES = [0.5, 0.99, 1];
/** Every scrape covers at least this long, in milliseconds, however many scrapers there are. */
export const LOOP_WINDOW = 60_000;
type LoopDelay = ReturnType<typeof monitorEventLoopDelay>;

export type Metrics = ReturnType<typeof createMetrics>;

/** Adds to `registry` what is read on scrape, and makes a page of all that is in it. */
export function createMetrics(registry: Registry, clock: Clock, readable: Readable) {
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION });
  loop.enable();
  const gauges = {
    ...gaugesOf(readable),
    ...ofProcess(clock, createLoopReader(clock, loop)),
  };
  for (const [name, gauge] of Object.entries(gauges)) register(name, gauge, registry);
  return {
    contentType: registry.contentType,
    /** In Prometheus' text format; all values are of the moment of the call. */
    page: () => registry.metrics(),
    close: () => void loop.disable(),
  };
}

/**
 * By the names that dashboards for any process expect. prom-client's own set walks every open handle on each scrape,
 * and starts observers that nothing can stop.
 */
function ofProcess(clock: Clock, loopDelays: () => Delays): Record<string, Reading> {
  const started = clock.now() / 1000 - uptime();
  return {
    senti_loop_delay_seconds: {
      help: 'How late the event loop was, in the last minute at least.',
      labels: ['quantile'],
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

/** Reads the worse of two windows. The first scrape after a window's end opens the next. */
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
  // The interval itself is no delay. Nothing was measured yet when it is 0.
  return delaysBy(
    (quantile) => Math.max(0, loop.percentile(quantile * 100) / 1e6 - LOOP_RESOLUTION) / 1000,
  );
}

function worse(some: Delays, others: Delays): Delays {
  return delaysBy((quantile) => Math.max(some[quantile] ?? 0, others[quantile] ?? 0));
}

/** By convention, the names of counters end in `_total`. */
function register(name: string, { help, labels = [], read }: Reading, registry: Registry): void {
  const Kind = name.endsWith('_total') ? Counter : Gauge;
  const metric = new Kind({ name, help, labelNames: labels, registers: [registry], collect });

  function collect(): void {
    const value = read();
    metric.reset();
    if (value === undefined) metric.remove({});
    else add(value, {});
  }

  function add(values: Values, known: Readonly<Record<string, string>>): void {
    if (typeof values === 'number') {
      metric.inc(known, values);
      return;
    }
    const label = labels[Object.keys(known).length] ?? '';
    for (const [key, rest] of Object.entries(values)) add(rest, { ...known, [label]: key });
  }
}
