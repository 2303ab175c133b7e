// The numbers of a running server, read on scrape, so that the event path pays nothing.

import { partsOf, type SourceState, type SourceStatus } from '../../source/source.ts';
import { COUNTS } from '../../stream/counters.ts';
import type { Multiplexer } from '../../stream/multiplexer.ts';

export interface Reading {
  readonly help: string;
  /** Each takes values of a fixed set, never what a client sent. */
  readonly labels?: readonly string[];
  /** One number, or one for each value of the labels, or undefined while there is none. */
  readonly read: () => Values | undefined;
}

/** By the value of the first label, then by that of the second. */
export type Values = number | { readonly [value: string]: Values };

/** Where the numbers are read from. */
export interface Readable {
  readonly multiplexer: Multiplexer;
  /** Open connections by surface. */
  readonly sockets: () => Readonly<Record<string, number>>;
  /** How the counts by the minute are kept. */
  readonly history: () => {
    readonly problem?: string | undefined;
    readonly faults: number;
    readonly bytes: number;
  };
  /** What recent events take, in bytes. */
  readonly recentBytes: () => number;
  /** How many log lines were dropped since the start. */
  readonly logDropped: () => number;
  /** When the TLS certificate expires, in milliseconds since 1970, if there is one. */
  readonly expires: () => number | undefined;
}

const SOURCE_STATES: readonly SourceState['name'][] = [
  'idle',
  'connecting',
  'live',
  'waiting',
  'paused',
];

const COUNTED_BY_SOURCE = [
  ['senti_posts_seen_total', 'postsSeen'],
  ['senti_posts_matched_total', 'postsMatched'],
  ['senti_posts_bad_total', 'postsBad'],
  ['senti_posts_repeated_total', 'postsRepeated'],
  ['senti_posts_truncated_total', 'postsTruncated'],
] as const;

const COUNTED = [
  ['senti_events_total', 'eventsPublished'],
  ['senti_events_delivered_total', 'eventsDelivered'],
  ['senti_events_dropped_total', 'eventsDropped'],
] as const;

/** By name. */
export function gaugesOf({
  multiplexer,
  sockets,
  history,
  recentBytes,
  logDropped,
  expires,
}: Readable): Record<string, Reading> {
  /** Reads a number of each source that has it. */
  const bySource = (read: (source: SourceStatus) => Values | undefined) => ({
    labels: ['source'],
    read: () => {
      const values: Record<string, Values> = {};
      for (const source of partsOf(multiplexer.source)) {
        const value = read(source);
        if (value !== undefined) values[source.name] = value;
      }
      return values;
    },
  });
  return {
    ...Object.fromEntries(
      COUNTED_BY_SOURCE.map(([name, count]) => [
        name,
        {
          help: COUNTS[count],
          labels: ['source'],
          read: () =>
            Object.fromEntries(
              [...multiplexer.bySource].map(([of, counts]) => [of, counts[count]]),
            ),
        },
      ]),
    ),
    ...Object.fromEntries(
      COUNTED.map(([name, count]) => [
        name,
        { help: COUNTS[count], read: () => multiplexer.counters[count] },
      ]),
    ),
    senti_history_writable: {
      help: '1 while the counts by the minute can be kept where they belong, 0 while they cannot.',
      read: () => (history().problem === undefined ? 1 : 0),
    },
    senti_history_faults_total: {
      help: 'Times that the counts by the minute could not be kept or read.',
      read: () => history().faults,
    },
    senti_history_bytes: {
      help: 'What the counts by the minute take, in memory or in their file.',
      read: () => history().bytes,
    },
    senti_recent_bytes: {
      help: 'What the events take that are kept for clients that resume, by estimate.',
      read: recentBytes,
    },
    senti_log_lines_dropped_total: {
      help: 'Log lines that standard output did not take.',
      read: logDropped,
    },
    senti_sockets: {
      help: 'Open WebSockets and streams over HTTP.',
      labels: ['surface'],
      read: sockets,
    },
    senti_listeners: {
      help: 'Open subscriptions and tracking sockets. Those that share a window count as one.',
      read: () => multiplexer.listeners,
    },
    senti_tracks: {
      help: 'Distinct tracks with listeners.',
      read: () => multiplexer.tracks,
    },
    senti_nodes: {
      help: 'Nodes that are alive, as far as this one knows.',
      read: () => multiplexer.cluster.nodes,
    },
    senti_ingests: {
      help: '1 on the node that ingests, 0 on gateways.',
      read: () => (multiplexer.cluster.role === 'INGEST' ? 1 : 0),
    },
    senti_relay_total: {
      help: 'What went wrong between nodes, by kind.',
      labels: ['what'],
      read: () => ({ ...multiplexer.cluster.counters }),
    },
    senti_source_state: {
      help: 'The state of each source: 1 for the current state, 0 for the others.',
      ...bySource(({ state }) => oneOf(SOURCE_STATES, state.name)),
      labels: ['source', 'state'],
    },
    senti_source_posts_today: {
      help: 'Posts read in this UTC day.',
      ...bySource(({ usage }) => usage?.postsToday),
    },
    senti_source_estimates_today: {
      help: 'Estimates paid for in this UTC day.',
      ...bySource(({ usage }) => usage?.estimatesToday),
    },
    senti_source_posts_month: {
      help: 'Posts read in this month by UTC.',
      ...bySource(({ usage }) => usage?.postsThisMonth),
    },
    senti_source_cost_today_dollars: {
      help: "What today's posts and estimates cost, in US dollars.",
      ...bySource(({ usage }) => usage?.costToday),
    },
    senti_tls_expires_timestamp_seconds: {
      help: 'When the TLS certificate expires, in seconds since 1970.',
      read() {
        const at = expires();
        return at === undefined ? undefined : at / 1000;
      },
    },
  };
}

/** 1 for the one that `is`, 0 for all others. */
function oneOf(names: readonly string[], is: string): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, name === is ? 1 : 0]));
}
