// npm run bench -- cluster: what each node pays for an event that others make or want, the time that the
// way over NATS adds, how soon the node that ingests knows what is wanted, and what processes on one port deliver. All on
// this machine.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { startNats } from '../support/nats-server.ts';
import type { Report, Request } from './cluster-node.ts';
import { round } from './fanout.ts';
import { table } from './measure.ts';
import { measureSharedPort } from './shared-port.ts';

const EVENTS = 30_000;
/** Events said at once, and then waited for: enough for a busy second of a source. Of many more, NATS would lose some. */
const BURST = 500;
const LATENCY_EVENTS = 400;
const LATENCY_GAP_MS = 5;
const TRACKS = 10_000;
const POST = 'Great coffee this morning! #espresso';
const TWENTY = Array.from({ length: 20 }, (_, i) => `word${i}`);
const MANY_GATEWAYS = 4;

type Node = Awaited<ReturnType<typeof startNode>>;

export async function run(): Promise<void> {
  const costs = [
    await measureCost('one node, no NATS', 0, 0, ['coffee'], POST),
    await measureCost('1 gateway wants it', 1, 0, ['coffee'], POST),
    await measureCost(`… and ${MANY_GATEWAYS} do not`, 1, MANY_GATEWAYS, ['coffee'], POST),
    await measureCost(`${MANY_GATEWAYS} gateways want it`, MANY_GATEWAYS, 0, ['coffee'], POST),
    await measureCost('1 gateway, a post of 20 tracks', 1, 0, TWENTY, `${TWENTY.join(' ')} good`),
  ];
  process.stdout.write(`µs of CPU for each post\n\n${table(costs)}\n`);
  const latency = await measureLatency();
  process.stdout.write(`ms from a post to its listener\n\n${table(latency)}\n`);
  const wanted = await measureWanted();
  process.stdout.write(`${TRACKS} tracks opened at once on a gateway\n\n${table([wanted])}\n`);
  const shared = await measureSharedPort();
  process.stdout.write(`${shared.title}\n\n${table(shared.rows)}\n`);
  process.stdout.write(
    `${JSON.stringify({ bench: 'cluster', costs, latency, wanted, shared: shared.rows })}\n`,
  );
}

async function measureCost(
  scenario: string,
  wanting: number,
  others: number,
  tracks: readonly string[],
  post: string,
) {
  await using cluster = await startCluster(wanting + others);
  const { leads, gateways } = cluster;
  const want = wanting === 0 ? [leads] : gateways.slice(0, wanting);
  const bystanders = gateways.slice(wanting);
  for (const node of want) node.tell({ ask: 'listen', tracks });
  for (const node of bystanders) node.tell({ ask: 'listen', tracks: ['nothing'] });
  const known = tracks.length + (others > 0 ? 1 : 0);
  await until(async () => (await leads.report()).tracks === known);

  const play = async (events: number) => {
    const before = (await want[0]?.report())?.delivered ?? 0;
    const times = BURST / tracks.length;
    for (let said = 0; said < events; said += times) {
      leads.tell({ ask: 'say', text: post, times });
      const due = before + (said + times) * tracks.length;
      await until(async () =>
        (await Promise.all(want.map((node) => node.report()))).every(
          ({ delivered }) => delivered >= due,
        ),
      );
    }
  };
  const cpu = async (nodes: readonly Node[]) =>
    (await Promise.all(nodes.map((node) => node.report()))).reduce((sum, { cpu }) => sum + cpu, 0);
  await play(EVENTS / 3);
  const before = [await cpu([leads]), await cpu(want), await cpu(bystanders)] as const;
  await play(EVENTS);
  const each = (now: number, then: number, nodes: number) =>
    nodes === 0 ? '-' : String(round((now - then) / EVENTS / nodes));
  return {
    scenario,
    'the node that ingests': each(await cpu([leads]), before[0], 1),
    'a gateway that wants it': each(await cpu(want), before[1], wanting),
    'one that does not': each(await cpu(bystanders), before[2], others),
  };
}

async function measureLatency() {
  await using cluster = await startCluster(1);
  const { leads, gateways } = cluster;
  const [gateway] = gateways as [Node];
  for (const node of [leads, gateway]) node.tell({ ask: 'listen', tracks: ['coffee'] });
  await until(async () => (await leads.report()).tracks === 1);
  await delay(500);
  for (const events of [LATENCY_EVENTS / 4, LATENCY_EVENTS]) {
    await Promise.all([leads.latencies(), gateway.latencies()]);
    for (let i = 0; i < events; i++) {
      leads.tell({ ask: 'say', text: POST, times: 1 });
      await delay(LATENCY_GAP_MS);
    }
  }
  const rows = [];
  for (const [way, node] of [
    ['on the node that ingests', leads],
    ['on a gateway', gateway],
  ] as const) {
    const sorted = (await node.latencies()).sort((a, b) => a - b);
    const at = (share: number) => round(sorted[Math.floor(share * sorted.length)] ?? Number.NaN);
    rows.push({ listener: way, p50: at(0.5), p99: at(0.99), events: sorted.length });
  }
  return rows;
}

async function measureWanted() {
  await using cluster = await startCluster(1);
  const { leads, gateways } = cluster;
  const start = performance.now();
  const tracks = Array.from({ length: TRACKS }, (_, i) => `word${i}`);
  gateways[0]?.tell({ ask: 'listen', tracks });
  await until(async () => (await leads.report()).tracks === TRACKS);
  return { 'known to the node that ingests after, ms': Math.round(performance.now() - start) };
}

/** One node that ingests and some that do not; without any of those, NATS is left out. */
async function startCluster(gateways: number) {
  const nats = gateways === 0 ? undefined : await startNats();
  const argv = nats === undefined ? [] : ['--nats', nats.url];
  const nodes = await Promise.all(Array.from({ length: 1 + gateways }, () => startNode(argv)));
  let leads: Node | undefined;
  await until(async () => {
    for (const node of nodes) {
      const { role, nodes: known } = await node.report();
      if (known !== nodes.length) return false;
      if (role === 'INGEST') leads = node;
    }
    return leads !== undefined;
  });
  return {
    leads: leads as Node,
    gateways: nodes.filter((node) => node !== leads),
    async [Symbol.asyncDispose]() {
      await Promise.all(nodes.map((node) => node.stop()));
      await nats?.stop();
    },
  };
}

export async function startNode(argv: readonly string[]) {
  const child = fork(new URL('./cluster-node.ts', import.meta.url), [...argv]);
  await once(child, 'message');
  const tell = (request: Request) => void child.send(request);
  return {
    tell,
    report: () => ask(child, 'report') as Promise<Report>,
    latencies: () => ask(child, 'latencies') as Promise<number[]>,
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function ask(child: ChildProcess, what: 'report' | 'latencies'): Promise<unknown> {
  const answer = once(child, 'message');
  child.send({ ask: what } satisfies Request);
  const [report] = await answer;
  return report;
}

export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(5);
}
