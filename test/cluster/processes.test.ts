// Real nodes around a real nats-server: killed, suspended, cut off, and stopped in order.

import { describe, expect, test } from 'vitest';
import {
  type ClusterListener,
  type ClusterNode,
  LONG_LEASE_SECONDS,
  startCluster,
} from '../support/cluster.ts';
import { type Exposition, readExposition } from '../support/exposition.ts';
import { placeOf } from '../support/jetstream-events.ts';
import { findNatsServer } from '../support/nats-server.ts';
import { exitOf } from '../support/program.ts';
import { eventually } from '../support/until.ts';

/** The promise to users, in milliseconds. */
const AGAIN_WITHIN_MS = 10_000;

async function startListening(leaseSeconds?: number) {
  return listenTo(await startCluster(3, leaseSeconds));
}

/** Adds a client of each node that does not ingest, which has got some posts about coffee. */
async function listenTo(cluster: Awaited<ReturnType<typeof startCluster>>) {
  const leads = await cluster.leader();
  const others = cluster.nodes.filter((node) => node !== leads) as [ClusterNode, ClusterNode];
  const heard = await Promise.all(others.map((node) => node.listen('coffee')));
  const [one, two] = heard as [ClusterListener, ClusterListener];
  await cluster.sayUntil('coffee', () => heard.every(({ ids }) => ids.length > 0));
  expect(cluster.jetstream.open).toBe(1);
  return { ...cluster, leads, others, heard: [one, two] as const };
}

/** A client got each post once, in order, and learnt of a gap wherever one is missing. */
function expectTruth({ ids, gaps }: ClusterListener): void {
  const places = ids.map(placeOf);
  const untold = places.filter((place, i) => {
    const before = places[i - 1];
    return before !== undefined && place !== before + 1 && !gaps.includes(ids[i] ?? '');
  });
  expect(untold).toEqual([]);
  expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
}

/**
 * Both listeners learn of a gap, soon, and go on. They may learn of two: a node that ingests may get a few posts through
 * before it learns that it has lost the lease.
 */
async function goesOn(
  { say, heard }: Awaited<ReturnType<typeof startListening>>,
  since = performance.now(),
): Promise<void> {
  await eventually(async () => {
    say('coffee');
    return heard.every(({ gaps }) => gaps.length > 0);
  });
  expect(performance.now() - since).toBeLessThan(AGAIN_WITHIN_MS);
  heard.forEach(expectTruth);
}

/** Reads the metrics of a node. */
async function scrape({ url }: ClusterNode): Promise<Exposition['values']> {
  return readExposition(await (await fetch(`${url}/metrics`)).text()).values;
}

describe.skipIf(!findNatsServer())('three nodes', () => {
  test('share one source, and each client gets every post of its track once, in order', async () => {
    const { nodes, leads, others, say } = await startListening(LONG_LEASE_SECONDS);
    // The metrics report which node ingests, and how long events take.
    for (const node of [leads, ...others]) {
      const values = await scrape(node);
      expect(values.get('senti_nodes')).toBe(3);
      expect(values.get('senti_ingests')).toBe(node === leads ? 1 : 0);
      for (const what of ['lost', 'bad', 'repeated', 'gaps']) {
        expect([what, values.get(`senti_relay_total{what="${what}"}`)]).toEqual([what, 0]);
      }
      // The node that ingests has no listeners.
      const timed = (values.get('senti_post_to_wire_seconds_count') ?? 0) > 0;
      expect(timed).toBe(node !== leads);
    }
    const tracks = ['tea', 'milk', 'tea, milk', 'sugar'];
    const heard = await Promise.all(
      nodes.flatMap((node) => tracks.map((track) => node.listen(track))),
    );
    const status = await leads.status();
    expect(status.cluster).toMatchObject({ nodes: 3, problem: null });
    await eventually(async () => (await leads.status()).cluster.listeners === 14);
    for (let i = 0; i < 300; i++) say(['tea', 'milk', 'tea and milk', 'water'][i % 4] ?? '');
    const counts = [150, 150, 225, 0];
    await eventually(async () =>
      heard.every(({ ids }, i) => ids.length === counts[i % tracks.length]),
    );
    for (const [i, { ids, gaps }] of heard.entries()) {
      expect(ids).toEqual(heard[i % tracks.length]?.ids);
      expect(new Set(ids).size).toBe(ids.length);
      expect(gaps).toEqual([]);
    }
    await eventually(async () => {
      const all = await Promise.all(nodes.map((node) => node.status()));
      return all.every(({ cluster }) => cluster.listeners === 14 && cluster.activeTracks === 5);
    });
  });

  test('go on within ten seconds when the node that ingests is killed, and report a gap', async () => {
    const it = await startListening();
    const since = performance.now();
    await it.leads.kill('SIGKILL');
    await goesOn(it, since);
    expect(it.heard.every(({ isOpen }) => isOpen)).toBe(true);
    const leads = await it.leader(it.others);
    await eventually(async () => (await leads.status()).cluster.nodes === 2);
    expect(it.jetstream.open).toBe(1);
  });

  test('ignore a node that was suspended, and goes on while another ingests', async () => {
    const it = await startListening();
    it.leads.program.kill('SIGSTOP');
    await it.leader(it.others);
    // These posts also wait in the socket of the suspended node.
    await goesOn(it);
    it.leads.program.kill('SIGCONT');
    await eventually(async () => (await it.leads.status()).node.role === 'GATEWAY');
    await eventually(async () => it.jetstream.open === 1);
    await it.sayUntil('coffee', () => it.heard.every(({ ids }) => ids.length > 2));
    it.heard.forEach(expectTruth);
    const posts = await Promise.all(it.others.map((node) => node.status()));
    for (const { cluster } of posts) expect(cluster.problem).toBeNull();
  });

  test('stop ingesting when cut off, keep their clients, say why, and come back', async () => {
    const it = await startListening();
    const here = await it.leads.listen('coffee');
    it.leads.proxy.cut();
    await goesOn(it);
    await eventually(async () => it.jetstream.open === 1);
    expect(await it.leads.ready()).toBe(503);
    expect((await it.leads.status()).cluster.problem).toMatch(/^NATS at nats:\S+ /);
    expect(here.isOpen).toBe(true);
    it.leads.proxy.mend();
    await eventually(async () => (await it.leads.ready()) === 200);
    expect((await it.leads.status()).node.role).toBe('GATEWAY');
    const before = here.ids.length;
    await it.sayUntil('coffee', () => here.ids.length > before);
    expect(here.gaps.length).toBeGreaterThan(0);
  });

  test('stop ingesting when NATS does not answer, before another node begins', async () => {
    // The old node stops a second before its lease runs out. A busy machine delays it by less than that.
    const it = await startListening(5);
    const { handshakes, untilHandshake } = it.jetstream;
    it.leads.proxy.stall();
    await untilHandshake(handshakes + 1);
    await it.leader(it.others);
    expect(it.jetstream.mostOpen).toBe(1);
    await goesOn(it);
  });

  test('keep their clients while NATS is away, say why, and go on when it is back, also without its memory', async () => {
    const it = await startListening();
    await it.nats.kill();
    await eventually(async () => {
      const all = await Promise.all(it.nodes.map((node) => node.ready()));
      return all.every((status) => status === 503);
    });
    await eventually(async () => it.jetstream.open === 0);
    await it.nats.restart();
    await goesOn(it);
    expect(it.heard.every(({ isOpen }) => isOpen)).toBe(true);
    await eventually(async () => {
      const all = await Promise.all(it.nodes.map((node) => node.ready()));
      return all.every((status) => status === 200);
    });
    const others = await listenTo(it);
    await it.nats.restart({ forget: true });
    await goesOn(others);
  });

  test('report a gap wherever a post is missing, and deliver none twice, over several takeovers', async () => {
    const it = await startListening();
    const heard: ClusterListener[] = [...it.heard];
    let there: readonly ClusterNode[] = it.nodes;
    for (const how of ['SIGSTOP', 'SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
      const leads = await it.leader(there);
      const others = there.filter((node) => node !== leads);
      for (let i = 0; i < 20; i++) it.say('coffee');
      if (how === 'SIGSTOP') leads.program.kill(how);
      else await leads.kill(how);
      await it.leader(others);
      for (let i = 0; i < 20; i++) it.say('coffee');
      if (how === 'SIGSTOP') leads.program.kill('SIGCONT');
      const next = how === 'SIGSTOP' ? leads : await it.add();
      there = [...others, next];
      const newest = await next.listen('coffee');
      heard.push(newest);
      await it.sayUntil('coffee', () => newest.ids.length > 0);
      await eventually(async () => it.jetstream.open === 1);
    }
    heard.forEach(expectTruth);
  });

  /** Adds a client that has got some posts about tea. From the first one on, all posts are about tea. */
  async function startResuming(leaseSeconds?: number) {
    const it = await startListening(leaseSeconds);
    const before = await it.others[0].listen('tea');
    await eventually(async () => {
      it.say('tea');
      await it.leads.ready();
      return before.ids.length > 4;
    });
    return { ...it, before };
  }

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'let a client resume at another node without loss after its own got %s',
    async (signal) => {
      const it = await startResuming(LONG_LEASE_SECONDS);
      const [one, two] = it.others;
      await one.kill(signal);
      for (let i = 0; i < 200; i++) it.say('tea');
      // The node that ingests needs no other one.
      const [cursor] = it.before.cursors;
      const resumed = [await two.listen('tea', cursor), await it.leads.listen('tea', cursor)];
      const last = it.say('tea');
      await eventually(async () => resumed.every(({ ids }) => placeOf(ids.at(-1) ?? '') === last));
      const first = placeOf(it.before.ids[1] ?? '');
      for (const { ids, recovered, gaps } of resumed) {
        expect(ids.map(placeOf)).toEqual(
          Array.from({ length: last + 1 - first }, (_, i) => first + i),
        );
        expect([recovered, gaps]).toEqual([[ids[0]], []]);
      }
    },
  );

  test('tell a client of the gap that resumes after the node that ingested was killed', async () => {
    const it = await startResuming();
    await it.leads.kill('SIGKILL');
    await it.leader(it.others);
    const resumed = await it.others[1].listen('tea', it.before.cursors.at(-1));
    await it.sayUntil('tea', () => resumed.ids.length > 1);
    expect([resumed.recovered, resumed.gaps]).toEqual([[], [resumed.ids[0]]]);
  });

  test('hand over at once when the node that ingests stops in order', async () => {
    const it = await startListening(LONG_LEASE_SECONDS);
    const exited = exitOf(it.leads.program);
    it.leads.program.kill('SIGTERM');
    await goesOn(it);
    expect(await exited).toEqual({ code: 0, errors: '' });
    const leads = await it.leader(it.others);
    await eventually(async () => (await leads.status()).cluster.nodes === 2);
  });
});
