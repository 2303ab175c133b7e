// Real processes that share one port of this machine around a real nats-server.

import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { connectGraphQL } from '../support/clients.ts';
import { EVENTS, LONG_LEASE_SECONDS, startCluster } from '../support/cluster.ts';
import { placeOf } from '../support/jetstream-events.ts';
import { findNatsServer } from '../support/nats-server.ts';
import { exitOf, start } from '../support/program.ts';
import { eventually } from '../support/until.ts';

/** So many that one process cannot get all of them by chance. */
const CLIENTS = 32;

/** A client of whichever process gets it, which connects once more when that process stops. */
function connect(url: string) {
  const places: number[] = [];
  const told: unknown[] = [];
  let connections = 0;
  let cursor: string | undefined;
  function open() {
    connections += 1;
    const again = () => void (connections < 2 && open());
    connectGraphQL(url.replace('http', 'ws')).subscribe<{
      sentiment: { cursor: string; post: { id: string } };
    }>(
      { query: EVENTS, variables: { track: 'coffee', after: cursor } },
      {
        next({ data, extensions }) {
          if (extensions) told.push(extensions);
          if (!data) return;
          cursor = data.sentiment.cursor;
          places.push(placeOf(data.sentiment.post.id));
        },
        error: again,
        complete: again,
      },
    );
  }
  open();
  return {
    places,
    told,
    get connections() {
      return connections;
    },
  };
}

test.skipIf(process.platform !== 'linux' || !findNatsServer())(
  'two processes share a port, and the clients of one that stops resume at the other',
  async () => {
    const cluster = await startCluster(1, LONG_LEASE_SECONDS, '--reuse-port');
    const [first] = cluster.nodes as [(typeof cluster.nodes)[number]];
    const { port } = new URL(first.sharedUrl);
    const second = await cluster.add('--port', port);
    expect(second.sharedUrl).toBe(first.sharedUrl);
    const listenersOf = async (node: typeof first) => (await node.status()).listeners;
    await eventually(async () => (await second.status()).cluster.nodes === 2);

    const clients = Array.from({ length: CLIENTS }, () => connect(first.sharedUrl));
    let atSecond = 0;
    await eventually(async () => {
      atSecond = await listenersOf(second);
      return (await listenersOf(first)) + atSecond === CLIENTS;
    });
    expect([0, CLIENTS]).not.toContain(atSecond);
    await cluster.sayUntil('coffee', () => clients.every(({ places }) => places.length > 0));

    const exited = exitOf(second.program);
    second.program.kill('SIGTERM');
    for (let i = 0; i < 20; i++) cluster.say('coffee');
    expect(await exited).toEqual({ code: 0, errors: '' });
    await eventually(async () => (await listenersOf(first)) === CLIENTS);
    const last = cluster.say('coffee');
    await eventually(async () => clients.every(({ places }) => places.at(-1) === last));
    const moved = clients.filter(({ connections }) => connections === 2);
    expect(moved.length).toBe(atSecond);
    for (const { told } of moved) expect(told).toEqual([{ recovered: true }]);
    for (const { places } of clients) {
      const since = places[0] ?? 0;
      expect(places).toEqual(Array.from({ length: last + 1 - since }, (_, i) => since + i));
    }

    const alone = start('--port', port);
    const [log] = await Promise.all([text(alone.stdout), once(alone, 'exit')]);
    expect(log).toContain(`cannot listen on 127.0.0.1:${port}: the port is in use. Try another`);
    const metrics = await (await fetch(`${first.url}/metrics`)).text();
    expect(metrics).toContain('senti_nodes 1');
  },
);
