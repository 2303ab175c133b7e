// Nodes around a real nats-server that share what they counted.

import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { HistoryDocument, StatusDocument } from '../../schema/operations.ts';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { startServer } from '../../src/server/server.ts';
import { post } from '../support/clients.ts';
import { LONG_LEASE_SECONDS } from '../support/cluster.ts';
import { createHandSource, type HandSource } from '../support/hand-source.ts';
import { findNatsServer, startNats } from '../support/nats-server.ts';
import { configOf } from '../support/senti.ts';
import { eventually } from '../support/until.ts';

const MINUTE = 60_000;

test.skipIf(!findNatsServer())(
  'every node looks back on what the node that ingests has counted until it stopped, also one that comes later',
  async () => {
    const nats = await startNats();
    onTestFinished(() => nats.stop());
    // No minute ends by itself.
    let now = Date.now();
    const clock: Clock = { ...systemClock, now: () => now };
    let source: HandSource | undefined;

    async function start() {
      const lease = ['--nats-lease', String(LONG_LEASE_SECONDS)];
      const config = configOf('--nats', nats.url, ...lease, '--follow', 'coffee');
      const server = await startServer(config, pino({ level: 'silent' }), {
        clock,
        connect: (_config, sink) => {
          source = createHandSource(sink);
          return source;
        },
      });
      onTestFinished(() => server.close());
      return server;
    }

    /** The posts of each bucket of the last ten minutes, and which are complete. */
    async function look({ url }: Awaited<ReturnType<typeof start>>) {
      const from = new Date(clock.now() - 10 * MINUTE).toISOString();
      const { data } = await post(url, HistoryDocument, { track: 'coffee', from });
      const buckets = data?.history.buckets ?? [];
      return {
        posts: buckets.map(({ posts }) => posts).filter((posts) => posts > 0),
        complete: buckets.filter(({ complete }) => complete).length,
        cursor: data?.history.cursor ?? '',
      };
    }

    const nodes = [await start(), await start()];
    await eventually(async () => source?.wanted.at(-1)?.includes('coffee') ?? false);
    const roles = await Promise.all(
      nodes.map(async ({ url }) => (await post(url, StatusDocument, {})).data?.status.node.role),
    );
    const gateway = nodes[roles.indexOf('GATEWAY' as never)];
    if (gateway === undefined) throw new Error('no gateway');
    // Each minute ends with the first post after it.
    for (const count of [3, 4, 5, 1]) {
      for (let i = 0; i < count; i += 1) source?.say('coffee');
      now += MINUTE;
    }
    source?.say('coffee');
    await eventually(async () => (await look(gateway)).posts.length === 4);
    expect(await look(gateway)).toMatchObject({ posts: [3, 4, 5, 1] });
    expect((await look(gateway)).complete).toBeGreaterThan(0);

    const late = await start();
    await eventually(async () => (await look(late)).posts.length === 4);
    expect(await look(late)).toEqual(await look(gateway));

    // In the middle of a minute.
    source?.say('coffee');
    await nodes[1 - nodes.indexOf(gateway)]?.close();
    await eventually(async () => (await look(gateway)).posts.at(-1) === 2);
  },
);
