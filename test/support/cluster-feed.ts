// The feed of one node of a cluster, whose source a test drives by hand.

import type { Clock } from '../../src/base/clock.ts';
import { Cluster, type ClusterOptions } from '../../src/cluster/cluster.ts';
import type { RecentEvents } from '../../src/history/recent-events.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import type { FeedSink } from '../../src/stream/feed.ts';
import { Ingest } from '../../src/stream/ingest.ts';
import { createHandSource, type HandSource } from './hand-source.ts';
import { createPast, keeping, NOT_SHARED } from './keeping.ts';
import { recordTelemetry } from './telemetry.ts';

export interface ClusterFeedOptions extends Pick<ClusterOptions, 'id' | 'connect'> {
  readonly clock: Clock;
  readonly redact?: ClusterOptions['redact'];
  readonly scoring?: string;
  readonly past?: RecentEvents;
  readonly lingerMs?: number;
  readonly postText?: boolean;
  readonly shared?: ClusterOptions['shared'];
  readonly listeners?: () => number;
  readonly log?: ClusterOptions['log'];
  /** Called for each text that this node analyzes, and for each track that it opens to ingest. */
  readonly analyzed?: () => void;
  readonly opened?: () => void;
}

/** Each ingest has another one. */
let epochs = 1000;

export function createClusterFeed<T>(options: ClusterFeedOptions, sink: FeedSink<T>) {
  const { analyzed = () => {}, opened = () => {}, scoring = 'profile=full' } = options;
  const analyze = createAnalyzer('full', vader);
  let source: HandSource | undefined;
  const { past = createPast(), lingerMs = 0, postText = true } = options;
  const kept = { ...keeping(options.clock), past, lingerMs: () => lingerMs };
  const feed = new Cluster(
    {
      id: options.id,
      clock: options.clock,
      connect: options.connect,
      redact: options.redact ?? ((text) => text),
      ingest: (ingestSink, counters) => {
        const ingest = new Ingest(
          {
            connect: (sourceSink) => {
              source = createHandSource(sourceSink);
              return source;
            },
            analyze: (text) => {
              analyzed();
              return analyze(text);
            },
            languages: 'any',
            postText,
            ...kept,
            epoch: epochs++,
            telemetry: recordTelemetry(),
          },
          ingestSink,
          counters,
        );
        const add = ingest.add.bind(ingest);
        ingest.add = (track, outlet) => {
          opened();
          add(track, outlet);
        };
        return ingest;
      },
      sources: ['hand'],
      scoring,
      postText,
      past,
      shared: options.shared ?? NOT_SHARED,
      listeners: options.listeners ?? (() => 0),
      log: options.log ?? { info: () => {}, warn: () => {}, error: () => {} },
    },
    sink,
  );
  return {
    feed,
    /** The last source that was read here. */
    get source() {
      return source;
    },
    get leads() {
      return feed.cluster.role === 'INGEST';
    },
  };
}
