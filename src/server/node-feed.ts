// Connects a server to its own source or, with --nats, to the one that it shares with other nodes. Without --nats,
// the code for NATS is not even loaded.

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../base/clock.ts';
import type { Ledger } from '../base/ledger.ts';
import { createRedactor } from '../base/redact.ts';
import { type Config, LINGER_SECONDS, LINGER_SECONDS_ON_X } from '../config/options.ts';
import { secretsOf } from '../config/secrets.ts';
import type { Analyze } from '../sentiment/analysis.ts';
import type { Source, SourceSink } from '../source/source.ts';
import type { PostCounters } from '../stream/counters.ts';
import type { Feed, FeedSink } from '../stream/feed.ts';
import { Ingest } from '../stream/ingest.ts';
import type { SharedPast } from '../stream/journal.ts';
import type { Past } from '../stream/recorder.ts';
import type { Telemetry } from '../stream/telemetry.ts';
import { isAt, type Track } from '../track/track.ts';
import { redactedSource } from './redacted-source.ts';

interface FeedOptions {
  readonly config: Config;
  readonly connect: (sink: SourceSink) => Source;
  readonly analyze: Analyze;
  readonly telemetry: Telemetry;
  /** How many listeners this server has. */
  readonly listeners: () => number;
  readonly past: Past;
  readonly shared: SharedPast;
  /** Called with the ledger of all nodes, if there are any. */
  readonly onLedger?: (ledger: Ledger) => void;
  readonly clock: Clock;
}

/** An epoch is below 2^48. */
const EPOCH_BYTES = 6;

type ConnectFeed = <T>(sink: FeedSink<T>) => Feed<T>;

export async function createFeed(options: FeedOptions): Promise<ConnectFeed> {
  const { config, clock, listeners, past, telemetry } = options;
  const redact = createRedactor(secretsOf(config));
  const ingest = <T>(sink: FeedSink<T>, counters?: Map<string, PostCounters>) =>
    new Ingest(
      {
        connect: (sourceSink) => redactedSource(options.connect, sourceSink, redact),
        analyze: options.analyze,
        languages: config.languages,
        postText: config.postText,
        telemetry,
        clock,
        epoch: randomBytes(EPOCH_BYTES).readUIntBE(0, EPOCH_BYTES),
        past,
        lingerMs: (track) => 1000 * (config.linger ?? usualLinger(track, config)),
        maxTracks: config.maxTracks,
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
        sources: config.sources,
        scoring: describeScoring(config),
        postText: config.postText,
        listeners,
        past,
        shared: options.shared,
        onLedger: options.onLedger,
        log,
      },
      sink,
    );
}

function usualLinger(track: Track, { sources }: Config): number {
  return sources.includes('x') && isAt(track, 'x') ? LINGER_SECONDS_ON_X : LINGER_SECONDS;
}

/** The options that decide which posts are analyzed and how they are scored, as on the command line. */
function describeScoring({ sources, profile, languages }: Config): string {
  const which = languages === 'any' ? languages : [...languages].sort().join(',');
  return `--source ${[...sources].sort().join(',')} --profile ${profile} --languages ${which}`;
}
