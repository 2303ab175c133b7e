// What feeds a server: its own source, or with --nats the one that it shares with other nodes. Nothing of
// NATS is loaded without it.

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { type BoundedLog, boundLog } from '../api/metrics/bounded-log.ts';
import type { Refusals } from '../api/metrics/rejections.ts';
import type { Clock } from '../base/clock.ts';
import { createRedactor } from '../base/redact.ts';
import type { Config } from '../config/options.ts';
import { secretsOf } from '../config/secrets.ts';
import type { Analyze } from '../sentiment/analysis.ts';
import type { Source, SourceSink, SourceState } from '../source/source.ts';
import type { Feed, FeedSink, PostCounters } from '../stream/feed.ts';
import { Ingest } from '../stream/ingest.ts';
import { redactedRelay, redactedSource } from './redacted.ts';

export interface FeedOptions {
  readonly config: Config;
  readonly connect: (sink: SourceSink) => Source;
  readonly analyze: Analyze;
  /** Logs a line, within the bound of its kind. */
  readonly notice: Refusals['notice'];
  /** How many listeners this server has. */
  readonly listeners: () => number;
  /** Told of every change of the source's state. */
  readonly onState: (state: SourceState) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ServerFeed {
  readonly connect: <T>(sink: FeedSink<T>) => Feed<T>;
  /** Lets another node read the source, for good, if there is one. */
  handOver(): Promise<void>;
}

export async function createFeed(options: FeedOptions): Promise<ServerFeed> {
  const { config, clock, log, listeners, notice } = options;
  const redact = createRedactor(secretsOf(config));
  const ingest = <T>(sink: FeedSink<T>, counters?: PostCounters) =>
    new Ingest(
      {
        connect: (sourceSink) => redactedSource(options.connect, sourceSink, redact),
        analyze: options.analyze,
        languages: config.languages,
        onBad: (problem) => notice('bad record', `source: bad record: ${problem}`),
        onState(state) {
          const write = (line: string) => log.info({ state }, line);
          // Clients choose how often a source begins and ends, which must not hide that it fails.
          if ('reason' in state) notice('failure', `source: ${state.name}: ${state.reason}`, write);
          else notice('state', `source: ${state.name}`, write);
          options.onState(state);
        },
      },
      sink,
      counters,
    );
  if (config.natsUrls.length === 0) return { connect: ingest, handOver: async () => {} };

  const { Cluster } = await import('../cluster/cluster.ts');
  const { connectNats } = await import('../cluster/nats.ts');
  const clusterLog = boundLog(log, 'cluster', notice);
  const id = `${hostname()
    .replace(/[^\w.-]/g, '-')
    .slice(0, 64)}-${randomBytes(4).toString('hex')}`;
  let handOver = async () => {};
  return {
    connect: (sink) => {
      const cluster = new Cluster(
        {
          id,
          clock,
          connect: (relaySink) =>
            redactedRelay(
              connectNats(natsOptions(config, id, clock, clusterLog), relaySink),
              redact,
            ),
          ingest,
          source: config.source,
          scoring: describeScoring(config),
          listeners,
          log: clusterLog,
        },
        sink,
      );
      handOver = () => cluster.handOver();
      return cluster;
    },
    handOver: () => handOver(),
  };
}

function natsOptions(config: Config, id: string, clock: Clock, log: BoundedLog) {
  return {
    servers: config.natsUrls,
    prefix: config.natsPrefix,
    name: `senti ${id}`,
    leaseMs: config.natsLease * 1000,
    creds: config.natsCreds,
    tlsCa: config.natsTlsCa,
    tlsCert: config.natsTlsCert,
    tlsKey: config.natsTlsKey,
    user: config.natsUser,
    password: config.natsPassword,
    token: config.natsToken,
    clock,
    warn: (message: string) => log.warn(message),
  };
}

/** The options that decide which posts are taken and how they are scored, in the words of the command line. */
function describeScoring({ source, profile, languages }: Config): string {
  const which = languages === 'any' ? languages : [...languages].sort().join(',');
  return `--source ${source} --profile ${profile} --languages ${which}`;
}
