// Nodes of a cluster in one process, on one clock that the test moves.

import type { UserError } from '../../src/base/user-error.ts';
import type { RecentEvents } from '../../src/history/recent-events.ts';
import type { SentimentEvent } from '../../src/sentiment/analysis.ts';
import { Multiplexer } from '../../src/stream/multiplexer.ts';
import type { PastReader, Start } from '../../src/stream/recorder.ts';
import { type ClusterFeedOptions, createClusterFeed } from './cluster-feed.ts';
import { FakeClock } from './fake-clock.ts';
import type { HandSource } from './hand-source.ts';
import { createPast } from './keeping.ts';
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
  /** What this node keeps. */
  readonly past: RecentEvents;
  /**
   * Adds a listener that records the ids of its posts, and `gap`. If it has to begin in the past, it reads a few events
   * in a tick, and first records `recovered` or `gap`, as clients are told.
   */
  listen(
    query: string,
    start?: Start,
  ): {
    readonly told: readonly string[];
    readonly events: readonly SentimentEvent[];
    readonly ends: readonly (UserError | undefined)[];
    stop(): void;
  };
}

/** Events that a listener reads in a tick while it catches up. */
const READ_IN_A_TICK = 3;

export function createNodes() {
  const clock = new FakeClock();
  const hub = createMemoryHub(clock);
  const nodes: Node[] = [];
  let posts = 0;

  function start(options: Partial<Omit<ClusterFeedOptions, 'id' | 'connect'>> = {}): Node {
    let relay: MemoryRelay | undefined;
    let cluster: ReturnType<typeof createClusterFeed> | undefined;
    const logged: string[] = [];
    const past = options.past ?? createPast();
    const multiplexer = new Multiplexer(
      (sink) => {
        const made = createClusterFeed(
          {
            clock,
            ...options,
            past,
            id: `node-${nodes.length + 1}`,
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
      past,
      get source() {
        return cluster?.source;
      },
      get leads() {
        return multiplexer.cluster.role === 'INGEST';
      },
      listen(query, start) {
        const told: string[] = [];
        const events: SentimentEvent[] = [];
        const ends: (UserError | undefined)[] = [];
        let isCatchingUp = start !== undefined;
        const hear = (event: SentimentEvent) => {
          events.push(event);
          told.push(event.post.id);
        };
        const stop = multiplexer.listen(track(query), {
          event: (event) => {
            if (!isCatchingUp) hear(event);
          },
          gap: () => {
            if (!isCatchingUp) told.push('gap');
          },
          end: (error) => ends.push(error),
        });
        const catchUp = (reader: PastReader) => {
          const { gap, events: missed } = reader.next(READ_IN_A_TICK);
          if (gap && told.at(-1) !== 'gap') told.push('gap');
          for (const event of missed) hear(event);
          isCatchingUp = missed.length > 0;
          if (isCatchingUp) setImmediate(catchUp, reader);
        };
        if (start !== undefined) {
          multiplexer.read(track(query), start, (reader) => {
            if ('after' in start) told.push(reader.isComplete ? 'recovered' : 'gap');
            setImmediate(catchUp, reader);
          });
        }
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
