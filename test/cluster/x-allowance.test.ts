// Nodes around a real nats-server that read X in turn, and count together what they read.

import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { EstimateDocument, StatusDocument } from '../../schema/operations.ts';
import { startServer } from '../../src/server/server.ts';
import { post } from '../support/clients.ts';
import { LONG_LEASE_SECONDS } from '../support/cluster.ts';
import { startFakeX } from '../support/fake-x.ts';
import { findNatsServer, startNats } from '../support/nats-server.ts';
import { configOf } from '../support/senti.ts';
import { tempFolder } from '../support/temp-file.ts';
import { eventually } from '../support/until.ts';
import { xPost } from '../support/x-source.ts';

test.skipIf(!findNatsServer())(
  'the next node goes on from what all have read, and pauses when that is the allowance',
  async () => {
    const nats = await startNats();
    onTestFinished(() => nats.stop());
    const x = await startFakeX({ keepAliveMs: 1000, postsPerDay: 240 });
    onTestFinished(() => x.close());

    async function start() {
      const argv = ['--x-url', x.url, '--x-daily-posts', '10', '--follow', 'rust'];
      const unpaced = ['--max-work-per-second', 'none'];
      const folder = ['--state-dir', tempFolder()];
      const lease = ['--nats-lease', String(LONG_LEASE_SECONDS)];
      const config = configOf('--nats', nats.url, ...lease, ...argv, ...unpaced, ...folder);
      const server = await startServer(
        { ...config, sources: ['x'], xBearerToken: x.token },
        pino({ level: 'silent' }),
      );
      onTestFinished(() => server.close());
      return {
        server,
        status: async () => (await post(server.url, StatusDocument, {})).data?.status,
      };
    }

    const first = await start();
    await eventually(async () => x.connected);
    const second = await start();
    await eventually(async () => (await second.status())?.cluster.nodes === 2);
    for (let i = 0; i < 5; i++) await x.push(xPost('rust'));
    const read = async ({ status }: typeof first) =>
      (await status())?.source.usage?.postsToday ?? 0;
    await eventually(async () => (await read(first)) === 5);
    // A gateway asks by itself, and all nodes count it.
    await eventually(async () => {
      const { data } = await post(second.server.url, EstimateDocument, { track: 'rust' });
      expect(data?.estimate).toMatchObject({ paidShare: 1, reason: null });
      // The node that ingests tells how many posts come.
      return data?.estimate.postsLeft === 4 && data.estimate.lastsSeconds !== null;
    });
    expect(x.counts.estimates).toBe(1);
    await x.push(xPost('rust'));
    await eventually(async () => (await first.status())?.source.usage?.estimatesToday === 1);
    await first.server.close();

    // X may learn of the end of the first node later than this test does.
    await eventually(async () => (await read(second)) === 6);
    await eventually(async () => x.connected);
    // Another program writes into the bucket more than any node would.
    const other = await connect({ servers: nats.url });
    onTestFinished(() => other.close());
    const bucket = await new Kvm(jetstream(other)).open('senti-ledger');
    await bucket.put('x', 'x'.repeat(5000));
    for (let i = 0; i < 3; i++) await x.push(xPost('rust'));
    await eventually(async () => (await second.status())?.source.state === 'paused');
    expect((await second.status())?.source).toMatchObject({
      reason: "today's allowance of 10 posts is used up: 9 read, 1 estimated, 0.05 USD",
      usage: { postsToday: 9, postsThisMonth: 9, estimatesToday: 1 },
    });

    // The bucket is also what a node reads that starts later, with a folder of its own.
    await second.server.close();
    const third = await start();
    await eventually(async () => (await third.status())?.source.state === 'paused');
    expect(await read(third)).toBe(9);
  },
);
