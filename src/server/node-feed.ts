// Connects a server to its own source or, with --nats, to the one that it shares with other nodes. Without --nats,
// the code for NATS is not even loaded.

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../base/clock.ts';
import { createRedactor } from '../base/redact.ts';
import type { Config } from '../config/options.ts';
import { secretsOf } from '../config/secrets.ts';
import type { Analyze, SentimentEvent } from '../sentiment/analysis.ts';
import type { Source, SourceSink } from '../source/source.ts';
import type { PostCounters } from '../stream/counters.ts';
import type { Feed, FeedSink } from '../stream/feed.ts';
import { Ingest } from '../stream/ingest.ts';
import type { Telemetry } from '../stream/telemetry.ts';
import { redactedSource } from './redacted-source.ts';

interface FeedOptions {
  readonly config: Config;
  readonly connect: (sink: SourceSink) => Source;
  readonly analyze: Analyze;
  readonly telemetry: Telemetry;
  /** How many listeners this server has. */
  readonly listeners: () => number;
  readonly clock: Clock;
}

type ConnectFeed = <T>(sink: FeedSink<T>) => Feed<T>;

export async function createFeed(options: FeedOptions): Promise<ConnectFeed> {
  const { config, clock, listeners, telemetry } = options;
  const redact = createRedactor(secretsOf(config));
  const ingest = <T>(sink: FeedSink<T>, counters?: PostCounters) =>
    new Ingest(
      {
        connect: (sourceSink) => redactedSource(options.connect, sourceSink, redact),
        analyze: options.analyze,
        languages: config.languages,
        postText: config.postText,
        telemetry,
      },
      sink,
      counters,
    );
  if (config.natsUrls.length === 0) return ingest;

  const { Cluster } = await import('../cluster/cluster.ts');
  const { connectNats } = await import('../cluster/nats.ts');
  const log = telemetry.log('cluster');
  const id = `${hostname()
    .replace(/[^\w.-]/g, '-')
    .slice(0, 64)}-${randomBytes(4).toString('hex')}`;
  return (sink) =>
    new Cluster(
      {
        id,
        clock,
        connect: (relaySink) =>
          connectNats({ config, name: `senti ${id}`, clock, warn: log.warn }, relaySink),
        redact,
        ingest,
        source: config.source,
        scoring: describeScoring(config),
        listeners,
        log,
      },
      config.postText ? sink : withoutTexts(sink),
    );
}

/** Another node may send texts that this one must not tell its clients. */
function withoutTexts<T>(sink: FeedSink<T>): FeedSink<T> {
  let last: SentimentEvent | undefined;
  let told: SentimentEvent | undefined;
  return {
    ...sink,
    event(event, outlets) {
      // The same event comes once for each track, and stays one object, so that it is encoded once.
      if (event !== last || told === undefined) {
        last = event;
        told = { ...event, post: { ...event.post, text: null } };
      }
      sink.event(told, outlets);
    },
  };
}

/** The options that decide which posts are analyzed and how they are scored, as on the command line. */
function describeScoring({ source, profile, languages }: Config): string {
  const which = languages === 'any' ? languages : [...languages].sort().join(',');
  return `--source ${source} --profile ${profile} --languages ${which}`;
}
