// npm run soak:resume -- [--minutes 10] [--nodes 3] [--clients 60] [--rate 100] [--seed N]: real nodes around a real
// nats-server. It kills, stops and freezes nodes, restarts and freezes NATS, breaks the connections of clients, and makes
// them read slowly. By the end, each client has got every event once and in order, or was told of the loss.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startFakeJetstream } from '../support/fake-jetstream.ts';
import { postEvent } from '../support/jetstream-events.ts';
import { startNats } from '../support/nats-server.ts';
import { seeded } from '../support/seeded.ts';
import { ResumingClient } from './resuming-client.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const TOPICS = ['coffee', 'tea', 'milk', 'water', 'juice'];
/** The mean time between two disturbances of a client, of a node, and of NATS, in milliseconds. */
const CLIENT_EVERY_MS = 300;
const NODE_EVERY_MS = 20_000;
const NATS_EVERY_MS = 25_000;
/** Nodes and NATS are frozen for so long at most, in milliseconds. The lease lasts a second. */
const LONGEST_FREEZE_MS = 8000;
const SETTLE_MS = 30_000;
const MAX_FINDINGS_SHOWN = 20;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    nodes: { type: 'string', default: '3' },
    clients: { type: 'string', default: '60' },
    rate: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
  },
});
const seed = Number(values.seed);
const random = seeded(seed);
const end = performance.now() + Number(values.minutes) * 60_000;
/** Posts end so late. A disturbance that has begun outlasts `end`, and the next post has to tell clients what it cost. */
let lastPost = Number.POSITIVE_INFINITY;
const nats = await startNats();
const jetstream = await startFakeJetstream();
const nodes: { program: ChildProcess; url: string }[] = [];
const findings: string[] = [];
const did = { cuts: 0, pauses: 0, kills: 0, stops: 0, freezes: 0, restarts: 0 };
process.once('exit', () => {
  for (const { program } of nodes) program.kill('SIGKILL');
});
for (let i = 0; i < Number(values.nodes); i++) await startNode();

const said = new Map<string, number[]>(TOPICS.map((topic) => [topic, []]));
let posts = 0;
const clients = Array.from({ length: Number(values.clients) }, (_, i) => {
  const topic = TOPICS[i % TOPICS.length] ?? '';
  return new ResumingClient(topic, said, pickNode, random);
});

const talking = talk();
await Promise.all([disturbClients(), disturbNodes(), disturbNats()]);
lastPost = performance.now() + SETTLE_MS / 3;
// All clients read again, and get the last posts of their topics.
for (const client of clients) client.resumeReading();
await talking;
const settled = performance.now() + SETTLE_MS;
while (performance.now() < settled && clients.some((client) => !client.hasAll())) await delay(100);
for (const client of clients) {
  findings.push(...client.findings);
  if (!client.hasAll()) findings.push(`${client.topic}: the last events never came`);
  await client.leave();
}
for (const { program } of nodes) program.kill('SIGKILL');
await jetstream.close();
await nats.stop();

const sum = (count: (client: ResumingClient) => number) =>
  clients.reduce((total, client) => total + count(client), 0);
process.stdout.write(`${findings.slice(0, MAX_FINDINGS_SHOWN).join('\n')}\n`);
const summary = {
  seed,
  minutes: Number(values.minutes),
  nodes: nodes.length,
  clients: clients.length,
  posts,
  ...did,
  received: sum(({ received }) => received),
  resumes: sum(({ resumes }) => resumes),
  recovered: sum(({ recovered }) => recovered),
  gaps: sum(({ gaps }) => gaps),
  missed: sum(({ missed }) => missed),
  findings: findings.length,
};
process.stdout.write(`${JSON.stringify({ soak: summary })}\n`);
process.exit(findings.length === 0 ? 0 : 1);

async function talk(): Promise<void> {
  const interval = 1000 / Number(values.rate);
  let next = performance.now();
  while (performance.now() < lastPost) {
    const topic = TOPICS[Math.floor(random() * TOPICS.length)] ?? '';
    const number = posts++;
    said.get(topic)?.push(number);
    jetstream.emit(postEvent(number, { text: `${topic} number ${number}`, langs: ['en'] }));
    next += interval;
    await delay(Math.max(0, next - performance.now()));
  }
}

async function disturbClients(): Promise<void> {
  while (performance.now() < end) {
    await delay(2 * CLIENT_EVERY_MS * random());
    const client = clients[Math.floor(random() * clients.length)];
    if (random() < 0.7) {
      client?.cut();
      did.cuts += 1;
    } else {
      client?.pauseReading(15_000 * random());
      did.pauses += 1;
    }
  }
}

async function disturbNodes(): Promise<void> {
  while (performance.now() < end) {
    await delay(2 * NODE_EVERY_MS * random());
    if (random() < 0.3) {
      const { program } = nodes[Math.floor(random() * nodes.length)] ?? {};
      await freeze((signal) => program?.kill(signal));
      continue;
    }
    const [node] = nodes.splice(Math.floor(random() * nodes.length), 1);
    const isKill = random() < 0.5;
    const gone = node && once(node.program, 'exit');
    node?.program.kill(isKill ? 'SIGKILL' : 'SIGTERM');
    did[isKill ? 'kills' : 'stops'] += 1;
    await gone;
    await startNode();
  }
}

async function disturbNats(): Promise<void> {
  while (performance.now() < end) {
    await delay(2 * NATS_EVERY_MS * random());
    if (random() < 0.5) await freeze(nats.signal);
    else {
      await nats.restart();
      did.restarts += 1;
    }
  }
}

/** What a frozen process was sent waits, and arrives late. */
async function freeze(send: (signal: 'SIGSTOP' | 'SIGCONT') => void): Promise<void> {
  send('SIGSTOP');
  await delay(LONGEST_FREEZE_MS * random());
  send('SIGCONT');
  did.freezes += 1;
}

async function startNode(): Promise<void> {
  const program = spawn(
    process.execPath,
    [
      ...[MAIN, '--port', '0', '--source', 'bluesky', '--bluesky-url', jetstream.url],
      ...['--nats', nats.url, '--nats-lease', '1'],
      ...['--max-attempts-per-address', 'none', '--max-sockets-per-address', 'none'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: {} },
  );
  createInterface(program.stderr).on('line', (line) => findings.push(`a node wrote: ${line}`));
  const url = await new Promise<string>((resolve) => {
    createInterface(program.stdout).on('line', (line) => {
      const address = /http:\/\/[\d.]+:\d+/.exec(line)?.[0];
      if (address) resolve(address);
    });
  });
  nodes.push({ program, url });
}

function pickNode(): string {
  return nodes[Math.floor(random() * nodes.length)]?.url ?? 'http://127.0.0.1:1';
}
