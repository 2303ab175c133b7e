import { afterAll, beforeAll, describe } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { connectNats } from '../../src/cluster/nats.ts';
import type { Feed, FeedSink } from '../../src/stream/feed.ts';
import type { RelaySink } from '../../src/stream/relay.ts';
import { feedContract } from '../contract/feed.ts';
import { createClusterFeed } from '../support/cluster-feed.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { createMemoryHub, type MemoryRelay } from '../support/memory-relay.ts';
import { natsOptions } from '../support/nats-options.ts';
import { findNatsServer, type NatsServer, startNats } from '../support/nats-server.ts';
import { until, untilWith } from '../support/until.ts';

const NO_SINK: FeedSink<string> = {
  event: () => {},
  deleted: () => {},
  gap: () => {},
  rejected: () => {},
};

type Node = { readonly feed: Feed<string>; readonly leads: boolean };

/** Whether `leads` ingests, and both know each other. */
const isSettled = (leads: Node, other: Node) => () =>
  leads.leads && [leads, other].every(({ feed }) => feed.cluster?.nodes === 2);

/** Two nodes in this process. The first one ingests, and the node under test is the first or the second. */
async function startInMemory(role: 'INGEST' | 'GATEWAY', sink: FeedSink<string>) {
  const clock = new FakeClock();
  const hub = createMemoryHub(clock);
  const relays: MemoryRelay[] = [];
  const start = (id: string, nodeSink: FeedSink<string>) =>
    createClusterFeed(
      {
        id,
        clock,
        connect: (relaySink) => {
          const relay = hub.connect(relaySink);
          relays.push(relay);
          return relay;
        },
      },
      nodeSink,
    );
  const first = start('one', role === 'INGEST' ? sink : NO_SINK);
  await untilWith(clock, () => first.leads);
  const second = start('two', role === 'INGEST' ? NO_SINK : sink);
  await untilWith(clock, isSettled(first, second));
  const [under, peer] = role === 'INGEST' ? [first, second] : [second, first];
  const [relay] = relays;
  return {
    feed: under.feed,
    source: () => [first, second].find(({ leads }) => leads)?.source,
    until: (condition: () => boolean) => untilWith(clock, condition),
    stop: () => peer.feed.stop(),
    ...(role === 'GATEWAY' && {
      lose(say: () => void) {
        if (relay) relay.swallow = true;
        say();
        if (relay) relay.swallow = false;
      },
    }),
  };
}

feedContract('the node that ingests', (sink) => startInMemory('INGEST', sink));
feedContract('a gateway', (sink) => startInMemory('GATEWAY', sink));

describe.skipIf(!findNatsServer())('over a real nats-server', () => {
  let nats: NatsServer;
  let first: ReturnType<typeof start>;

  function start(id: string, sink: FeedSink<string>) {
    const connect = (relaySink: RelaySink) => connectNats(natsOptions(nats.port), relaySink);
    return createClusterFeed({ id, clock: systemClock, connect }, sink);
  }

  beforeAll(async () => {
    nats = await startNats();
    first = start('one', NO_SINK);
    await until(() => first.leads);
  });
  afterAll(async () => {
    await first.feed.stop();
    await nats.stop();
  });

  feedContract('a gateway', async (sink) => {
    const second = start('two', sink);
    await until(isSettled(first, second));
    return { feed: second.feed, source: () => first.source, until };
  });
});
