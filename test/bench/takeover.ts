// npm run bench -- takeover: how soon a node goes on when the one that ingests is killed, with as many
// tracks as the README's largest cluster has. Two nodes are real; the others are made of their messages.

import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.ts';
import { channelOf } from '../../src/cluster/event-message.ts';
import { InterestPublisher } from '../../src/cluster/interest-publisher.ts';
import { connectNats } from '../../src/cluster/nats.ts';
import { decodeMessage, encodeMessage, type NodeMessage } from '../../src/cluster/node-message.ts';
import { natsOptions } from '../support/nats-options.ts';
import { startNats } from '../support/nats-server.ts';
import { startNode, until } from './cluster.ts';
import { table } from './measure.ts';
import { makeTracks, readTexts, vocabularyOf } from './workload.ts';

const PEERS = 30;
const TRACKS_A_PEER = 10_000;
const ROUNDS = 3;
const SEED = 1;
const HEARD = 'takeover';
const MB = 1e6;

export async function run(): Promise<void> {
  const tracks = makeTracks(PEERS * TRACKS_A_PEER, vocabularyOf(readTexts().texts), SEED);
  const names = tracks.map(({ canonical }) => canonical);
  const rounds = [];
  for (let round = 1; round <= ROUNDS; round++) rounds.push(await measureTakeover(round, names));
  process.stdout.write(`${names.length} tracks of ${PEERS} nodes\n\n${table(rounds)}\n`);
  process.stdout.write(
    `${JSON.stringify({ bench: 'takeover', tracks: names.length, nodes: PEERS, rounds })}\n`,
  );
}

async function measureTakeover(round: number, tracks: readonly string[]) {
  const nats = await startNats();
  const argv = ['--nats', nats.url];
  const first = await startNode(argv);
  const peers = await startPeers(nats.port, tracks);
  const all = tracks.length + 1;
  await until(async () => {
    const { role, tracks } = await first.report();
    return role === 'INGEST' && tracks === all;
  });
  const next = await startNode(argv);
  const startedAt = performance.now();
  const empty = await next.report();
  await until(async () => (await next.report()).tracks === all);
  const informedAfter = performance.now() - startedAt;
  // Until it has heard of the node that ingests, and the garbage of that is gone.
  await delay(3000);
  const before = await next.report();
  next.tell({ ask: 'go on saying', text: HEARD });
  const heard = peers.hears();
  const killedAt = performance.now();
  await first.stop();
  await heard;
  const after = performance.now() - killedAt;
  const leads = await next.report();
  await next.stop();
  await peers.stop();
  await nats.stop();
  const megabytes = (bytes: number) => Math.round(bytes / MB);
  return {
    round,
    'all known after, ms': Math.round(informedAfter),
    'first event after, ms': Math.round(after),
    'its CPU for that, ms': Math.round((leads.cpu - before.cpu) / 1000),
    'longest tick, ms': leads.longestTick,
    'RSS of an empty node, MB': megabytes(empty.rss),
    'that knows all, MB': megabytes(before.rss),
    'that ingests, MB': megabytes(leads.rss),
  };
}

/** Nodes that want tracks, say so, and answer when they are asked. */
async function startPeers(port: number, tracks: readonly string[]) {
  const relay = connectNats(natsOptions(port, { natsPrefix: 'senti', natsLease: 5 }), {
    changed: () => {},
    lost: () => {},
  });
  await until(async () => relay.offlineReason === undefined);
  const send = (message: NodeMessage) => void relay.send('nodes', encodeMessage(message));
  const peers = Array.from({ length: PEERS }, (_, i) => {
    const node = `peer-${i}`;
    const publisher = new InterestPublisher({ node, clock: systemClock, send });
    for (const track of tracks.slice(i * TRACKS_A_PEER, (i + 1) * TRACKS_A_PEER)) {
      publisher.add(track);
    }
    return { node, publisher };
  });
  peers[0]?.publisher.add(HEARD);
  const unlisten = relay.listen('nodes', (bytes) => {
    const message = decodeMessage(bytes);
    if (message?.kind !== 'ask') return;
    peers.find(({ node }) => node === message.of)?.publisher.requestSnapshot();
  });
  const timer = setInterval(() => {
    for (const { node, publisher } of peers) {
      publisher.flush();
      send({ kind: 'alive', node, ...publisher.version, listeners: 1, scoring: '' });
    }
  }, 1000);
  return {
    /** Resolves with the first event that comes now. */
    hears: () =>
      new Promise<void>((resolve) => {
        const stop = relay.listen(channelOf(HEARD), () => {
          stop();
          resolve();
        });
      }),
    async stop() {
      clearInterval(timer);
      unlisten();
      for (const { publisher } of peers) publisher.stop();
      await relay.close();
    },
  };
}
