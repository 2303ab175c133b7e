// What there is to know of a running server, for Prometheus. Read when it is asked for: counting costs
// the way of the events nothing that it would not cost anyway.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { cpuUsage, memoryUsage, uptime } from 'node:process';
import type { Clock } from '../clock.ts';
import type { SourceState } from '../source/source.ts';
import type { Multiplexer } from '../stream/multiplexer.ts';
import { expose, type Family, Histogram, type Sample } from './exposition.ts';
import type { Refusals } from './limits/refusals.ts';
import { CUTS, type Cut } from './outbox.ts';

/** Seconds. One turn of an idle event loop takes less than the first, a slow one some of the middle. */
const WIRE_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** How often the delay of the event loop is looked at, in milliseconds. */
const LOOP_RESOLUTION = 10;
const SOURCE_STATES: readonly SourceState['name'][] = [
  'idle',
  'connecting',
  'live',
  'waiting',
  'paused',
];

export interface MetricsOptions {
  readonly multiplexer: Multiplexer;
  readonly clock: Clock;
  /** How many connections of each surface are open. */
  readonly sockets: () => Readonly<Record<string, number>>;
  /** How many were refused, by what they did. */
  readonly refusals: Refusals['counts'];
  /** When the TLS certificate expires, in milliseconds since 1970, if there is one. */
  readonly expires: () => number | undefined;
}

export interface Metrics {
  /** The page, in Prometheus' text format. */
  page(): string;
  /** To be told of every socket that was cut, */
  cut(why: Cut): void;
  /** of every new state of the source, */
  state(state: SourceState): void;
  /** and how long it took from a post to the last of the sockets that its turn wrote to, in milliseconds. */
  wire(ms: number): void;
  close(): void;
}

export function createMetrics(options: MetricsOptions): Metrics {
  const { multiplexer, clock } = options;
  const started = clock.now() / 1000 - uptime();
  const cuts = new Map<Cut, number>();
  const wire = new Histogram(WIRE_BOUNDS);
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION });
  let reconnects = 0;
  loop.enable();

  function page(): string {
    const { source, counters, cluster } = multiplexer;
    const families = [
      counter('senti_posts_seen_total', 'Posts that came from the source.', counters.postsSeen),
      counter(
        'senti_posts_matched_total',
        'Posts that matched at least one track.',
        counters.postsMatched,
      ),
      counter(
        'senti_posts_bad_total',
        'Records from the source that were no usable posts.',
        counters.postsDropped,
      ),
      counter(
        'senti_posts_repeated_total',
        'Posts that the source sent again, and that were not delivered again.',
        counters.postsRepeated,
      ),
      counter(
        'senti_events_total',
        'Events of tracks; a post counts once for each that it matches.',
        counters.eventsPublished,
      ),
      counter(
        'senti_deliveries_total',
        'Events handed to listeners; one post counts once for each.',
        counters.eventsDelivered,
      ),
      counter(
        'senti_drops_total',
        'Events that a listener was too slow to take.',
        counters.eventsDropped,
      ),
      family('senti_evictions_total', 'counter', 'Connections that were cut, by what they did.', {
        reason: (Object.keys(CUTS) as Cut[]).map((cut) => [cut, cuts.get(cut) ?? 0]),
      }),
      family('senti_refusals_total', 'counter', 'Who was turned away, by the limit.', {
        reason: Object.entries(options.refusals),
      }),
      family('senti_sockets', 'gauge', 'Open WebSockets and streams of Server-Sent Events.', {
        surface: Object.entries(options.sockets()),
      }),
      gauge('senti_listeners', 'Open subscriptions and tracking sockets.', multiplexer.listeners),
      gauge('senti_tracks', 'Distinct tracks that somebody listens to.', multiplexer.tracks),
      gauge('senti_nodes', 'Nodes that are alive, as far as this one knows.', cluster.nodes),
      gauge(
        'senti_ingests',
        'Whether this is the node that reads the source.',
        cluster.role === 'INGEST' ? 1 : 0,
      ),
      family('senti_relay_total', 'counter', 'What went wrong between nodes, by what it was.', {
        what: Object.entries(cluster.counters),
      }),
      family('senti_source_state', 'gauge', 'The state of the source: 1 for the one it is in.', {
        state: SOURCE_STATES.map((name) => [name, name === source.state.name ? 1 : 0]),
      }),
      counter(
        'senti_source_reconnects_total',
        'Times that the source failed, and was to be tried again.',
        reconnects,
      ),
      ...paid(source.usage),
      {
        name: 'senti_post_to_wire_seconds',
        type: 'histogram' as const,
        help: 'Time from a post until its events are written to WebSockets; one post a turn, its first.',
        samples: wire.samples,
      },
      loopDelay(),
      ...tls(options.expires()),
      ...ofProcess(started),
    ];
    return expose(families);
  }

  /** Since it was last asked for. */
  function loopDelay(): Family {
    const delays: [string, number][] = [0.5, 0.99, 1].map((quantile) => {
      // The interval itself is no delay, and nothing was measured yet when it is 0.
      const late = loop.percentile(quantile * 100) / 1e6 - LOOP_RESOLUTION;
      return [String(quantile), Math.max(0, late) / 1000];
    });
    loop.reset();
    return family(
      'senti_loop_delay_seconds',
      'gauge',
      'How late the event loop was since the last scrape.',
      { quantile: delays },
    );
  }

  return {
    page,
    cut: (why) => void cuts.set(why, (cuts.get(why) ?? 0) + 1),
    state({ name }) {
      if (name === 'waiting') reconnects += 1;
    },
    wire: (ms) => wire.observe(ms / 1000),
    close: () => void loop.disable(),
  };
}

function counter(name: string, help: string, value: number): Family {
  return { name, type: 'counter', help, samples: [{ value }] };
}

function gauge(name: string, help: string, value: number): Family {
  return { name, type: 'gauge', help, samples: [{ value }] };
}

/** A family with one label, of which all values are known. */
function family(
  name: string,
  type: Family['type'],
  help: string,
  by: Readonly<Record<string, readonly (readonly [value: string, number])[]>>,
): Family {
  const samples = Object.entries(by).flatMap(([label, values]) =>
    values.map(([text, value]): Sample => ({ labels: { [label]: text }, value })),
  );
  return { name, type, help, samples };
}

function paid(usage: Multiplexer['source']['usage']): Family[] {
  if (usage === undefined) return [];
  return [
    gauge('senti_source_posts_today', 'Posts read in this UTC day.', usage.postsToday),
    gauge('senti_source_cost_today_dollars', 'What they cost, in US dollars.', usage.costToday),
  ];
}

function tls(expires: number | undefined): Family[] {
  if (expires === undefined) return [];
  const name = 'senti_tls_expires_timestamp_seconds';
  return [gauge(name, 'When the TLS certificate expires, since 1970.', expires / 1000)];
}

/** By the names that dashboards for any process expect. */
function ofProcess(started: number): Family[] {
  const { user, system } = cpuUsage();
  const { rss, heapUsed, heapTotal, external } = memoryUsage();
  return [
    counter('process_cpu_seconds_total', 'CPU time spent.', (user + system) / 1e6),
    gauge('process_start_time_seconds', 'When the process started, since 1970.', started),
    gauge('process_resident_memory_bytes', 'Resident memory.', rss),
    gauge('nodejs_heap_size_used_bytes', 'Heap in use.', heapUsed),
    gauge('nodejs_heap_size_total_bytes', 'Heap.', heapTotal),
    gauge('nodejs_external_memory_bytes', 'Memory of buffers and the like.', external),
  ];
}
