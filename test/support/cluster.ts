// A cluster of real processes around a real nats-server, fed by a stand-in of Jetstream.

import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { StatusDocument, type StatusQuery } from '../../schema/operations.ts';
import { connectGraphQL, post } from './clients.ts';
import { startFakeJetstream } from './fake-jetstream.ts';
import { postEvent } from './jetstream-events.ts';
import { startNats } from './nats-server.ts';
import { logged, type Program, startIn } from './program.ts';
import { startProxy } from './tcp-proxy.ts';
import { eventually } from './until.ts';

type Status = StatusQuery['status'];

/** Longer than a busy machine delays a node, so that no node loses its lease by accident. */
const LEASE_SECONDS = 3;
/** A lease for a test in which none has to run out. */
export const LONG_LEASE_SECONDS = 30;
/** The addresses of a node. */
const GREETING = /dashboard: .*own port: http:[\d./:]+/s;
export const EVENTS = `subscription ($track: String!, $after: String) {
  sentiment(track: $track, after: $after) { cursor post { id } }
}`;

export type ClusterNode = Awaited<ReturnType<typeof startNode>>;

/** `argv` are more options of each node. */
export async function startCluster(
  size: number,
  leaseSeconds = LEASE_SECONDS,
  ...argv: readonly string[]
) {
  const nats = await startNats();
  onTestFinished(() => nats.stop());
  const jetstream = await startFakeJetstream();
  onTestFinished(() => jetstream.close());
  const nodes = await Promise.all(
    Array.from({ length: size }, () => startNode(nats.port, jetstream.url, leaseSeconds, argv)),
  );
  await eventually(async () => {
    const all = await Promise.all(nodes.map((node) => node.status()));
    return (
      all.every(({ cluster }) => cluster.nodes === size) &&
      all.filter(({ node }) => node.role === 'INGEST').length === 1
    );
  });
  let said = 0;
  return {
    nats,
    jetstream,
    nodes,
    /** Waits for a node among these to ingest, and returns it. */
    async leader(among: readonly ClusterNode[] = nodes): Promise<ClusterNode> {
      let found: ClusterNode | undefined;
      await eventually(async () => {
        for (const node of among) if ((await node.status()).node.role === 'INGEST') found = node;
        return found !== undefined;
      });
      return found as ClusterNode;
    },
    /** Starts one more node, with further options. */
    add: (...more: readonly string[]) =>
      startNode(nats.port, jetstream.url, leaseSeconds, [...argv, ...more]),
    /** Posts on Bluesky, and returns the place of the post. */
    say(text: string): number {
      jetstream.emit(postEvent(said, { text, langs: ['en'] }));
      return said++;
    },
    /** Posts again and again until `holds` does. */
    async sayUntil(text: string, holds: () => boolean): Promise<void> {
      await eventually(async () => {
        this.say(text);
        return holds();
      });
    },
  };
}

async function startNode(
  natsPort: number,
  jetstreamUrl: string,
  leaseSeconds: number,
  argv: readonly string[],
) {
  const proxy = await startProxy(natsPort);
  const program = startIn(
    { PORT: '0' },
    ...['--source', 'bluesky', '--bluesky-url', jetstreamUrl],
    // The tests ask for the status of a node again and again.
    ...['--max-work-per-second', 'none'],
    ...['--nats', `nats://127.0.0.1:${proxy.port}`, '--nats-lease', String(leaseSeconds)],
    ...['--own-port', '0', ...argv],
  );
  const greeting = await logged(program, GREETING);
  const [sharedUrl = '', url = ''] = [/http:[\d./:]+\d/, /(?<=own port: )http:[\d./:]+\d/].map(
    (address) => address.exec(greeting)?.[0],
  );
  return {
    program,
    proxy,
    /** Of its own port. */
    url,
    sharedUrl,
    async status(): Promise<Status> {
      const { data } = await post(url, StatusDocument, {});
      if (!data) throw new Error('no status');
      return data.status;
    },
    ready: async () => (await fetch(`${url}/ready`)).status,
    /** Connects a client over graphql-ws that records its events, and resumes after the cursor `after`. */
    listen: (track: string, after?: string) => listen(url, track, after),
    kill: (signal: NodeJS.Signals) => kill(program, signal),
  };
}

export interface ClusterListener {
  /** Posts, in order of arrival. */
  readonly ids: readonly string[];
  /** The posts whose message reported a gap. */
  readonly gaps: readonly string[];
  /** The posts whose message said that nothing is missing before. */
  readonly recovered: readonly string[];
  /** Of each post. */
  readonly cursors: readonly string[];
  readonly isOpen: boolean;
}

async function listen(url: string, track: string, after?: string): Promise<ClusterListener> {
  const client = connectGraphQL(url.replace('http', 'ws'));
  const ids: string[] = [];
  const gaps: string[] = [];
  const recovered: string[] = [];
  const cursors: string[] = [];
  let isOpen = true;
  const before = (await askListeners(url)) + 1;
  client.subscribe<
    { sentiment: { cursor: string; post: { id: string } } },
    { gap?: boolean; recovered?: boolean }
  >(
    { query: EVENTS, variables: { track, after } },
    {
      next({ data, extensions }) {
        const id = data?.sentiment.post.id ?? '';
        ids.push(id);
        cursors.push(data?.sentiment.cursor ?? '');
        if (extensions?.gap === true) gaps.push(id);
        if (extensions?.recovered === true) recovered.push(id);
      },
      error: () => {
        isOpen = false;
      },
      complete: () => {
        isOpen = false;
      },
    },
  );
  await eventually(async () => (await askListeners(url)) >= before);
  return {
    ids,
    gaps,
    recovered,
    cursors,
    get isOpen() {
      return isOpen;
    },
  };
}

async function askListeners(url: string): Promise<number> {
  return (await post(url, StatusDocument, {})).data?.status.listeners ?? 0;
}

async function kill(program: Program, signal: NodeJS.Signals): Promise<void> {
  const gone = once(program, 'exit');
  program.kill(signal);
  await gone;
}
