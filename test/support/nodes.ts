// Nodes of a cluster in one process, on one clock that the test moves.

import type { UserError } from '../../src/base/user-error.ts';
import type { SentimentEvent } from '../../src/sentiment/analysis.ts';
import { Multiplexer } from '../../src/stream/multiplexer.ts';
import { type ClusterFeedOptions, createClusterFeed } from './cluster-feed.ts';
import { FakeClock } from './fake-clock.ts';
import type { HandSource } from './hand-source.ts';
import { createMemoryHub, type MemoryRelay } from './memory-relay.ts';
import { recordTelemetry } from './telemetry.ts';
import { track } from './tracks.ts';
import { ticks, untilWith } from './until.ts';

export interface Node {
  readonly relay: MemoryRelay;
  readonly multiplexer: Multiplexer;
  readonly logged: readonly string[];
  /** The last source that was read here. */
  readonly source: HandSource | undefined;
  readonly leads: boolean;
  /** Adds a listener that records the ids of its posts, and `gap`. */
  listen(query: string): {
    readonly told: readonly string[];
    readonly events: readonly SentimentEvent[];
    readonly ends: readonly (UserError | undefined)[];
    stop(): void;
  };
}

export function createNodes() {
  const clock = new FakeClock();
  const hub = createMemoryHub(clock);
  const nodes: Node[] = [];
  let posts = 0;

  function start(
    options: Pick<ClusterFeedOptions, 'redact' | 'scoring' | 'analyzed' | 'opened'> = {},
  ): Node {
    let relay: MemoryRelay | undefined;
    let cluster: ReturnType<typeof createClusterFeed> | undefined;
    const logged: string[] = [];
    const multiplexer = new Multiplexer(
      (sink) => {
        const made = createClusterFeed(
          {
            ...options,
            id: `node-${nodes.length + 1}`,
            clock,
            connect: (relaySink) => {
              relay = hub.connect(relaySink);
              return relay;
            },
            listeners: () => multiplexer.listeners,
            log: {
              info: () => {},
              warn: (message) => logged.push(`warn ${message}`),
              error: (message) => logged.push(`error ${message}`),
            },
          },
          sink,
        );
        cluster = made;
        return made.feed;
      },
      { telemetry: recordTelemetry() },
    );
    if (relay === undefined || cluster === undefined) throw new Error('the node has no relay');
    const node: Node = {
      relay,
      multiplexer,
      logged,
      get source() {
        return cluster?.source;
      },
      get leads() {
        return multiplexer.cluster.role === 'INGEST';
      },
      listen(query) {
        const told: string[] = [];
        const events: SentimentEvent[] = [];
        const ends: (UserError | undefined)[] = [];
        const stop = multiplexer.listen(track(query), {
          event: (event) => {
            events.push(event);
            told.push(event.post.id);
          },
          gap: () => told.push('gap'),
          end: (error) => ends.push(error),
        });
        return { told, events, ends, stop };
      },
    };
    nodes.push(node);
    return node;
  }

  const leader = () => nodes.find(({ leads }) => leads);

  return {
    clock,
    hub,
    start,
    leader,
    /** Lets time pass until `condition` holds. */
    until: (condition: () => boolean) => untilWith(clock, condition),
    /** Lets this many milliseconds pass. */
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += 50) {
        clock.advance(50);
        await ticks(1);
      }
    },
    /** Starts `count` nodes. One of them ingests, and all know each other. */
    async startMany(count: number, options?: Parameters<typeof start>[0]) {
      const started = Array.from({ length: count }, () => start(options));
      await untilWith(
        clock,
        () =>
          leader() !== undefined &&
          started.every(({ multiplexer }) => multiplexer.cluster.nodes === count),
      );
      const leads = leader();
      if (leads === undefined) throw new Error('nobody ingests');
      return { leads, others: started.filter((node) => node !== leads) };
    },
    /** Makes the source of the node that ingests deliver a post. Ids count up over all nodes. */
    async say(text: string, at = leader()): Promise<string> {
      const id = `p${posts++}`;
      at?.source?.say(text, { id });
      await ticks(1);
      return id;
    },
  };
}
