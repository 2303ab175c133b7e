// Part of npm run bench -- cluster: what one process and two on one port deliver, as programs of their own. The clients
// only count, and have the same cores.

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startNats } from '../support/nats-server.ts';
import type { Request } from './brokers-clients.ts';
import { end } from './brokers-process.ts';
import { cpuOf } from './process-cost.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const SOCKETS = 1000;
/** More than two processes deliver to so many sockets. */
const EVENTS_A_SECOND = 8000;
const MESSAGE = '{"polarityIndex":0,"hashtags":{}}';
/** So many that the file is seldom opened anew. */
const POSTS = 20_000;
const WARM_UP_MS = 4000;
const MEASURE_MS = 8000;
const BOUNDLESS = ['--max-attempts', 'none', '--max-sockets', 'none'];

export async function measureSharedPort() {
  const rows = [];
  for (const count of [1, 2]) rows.push(await measure(count));
  const title = `${SOCKETS} sockets at ${EVENTS_A_SECOND} events a second, on ${availableParallelism()} cores`;
  return { title, rows };
}

async function measure(count: number) {
  const folder = await mkdtemp(join(tmpdir(), 'senti-port-'));
  const file = join(folder, 'posts.ndjson');
  await writeFile(file, '{"text": "Great coffee"}\n'.repeat(POSTS));
  const nats = await startNats();
  const children: ChildProcess[] = [];
  try {
    const source = ['--source', 'replay', '--file', file, '--rate', String(EVENTS_A_SECOND)];
    const argv = [...BOUNDLESS, ...source, '--loop', '--reuse-port', '--nats', nats.url];
    let port = 0;
    for (let i = 0; i < count; i++) {
      const server = spawn(process.execPath, [MAIN, '--port', String(port), ...argv]);
      children.push(server);
      port = await portOf(server);
    }
    const clients = fork(new URL('./brokers-clients.ts', import.meta.url));
    const servers = [...children];
    children.push(clients);
    await once(clients, 'message');
    const payload = Buffer.from('{"track":"coffee"}').toString('base64');
    const steps = [{ binary: false, payload, answers: 1 }];
    await ask(clients, {
      ...{ ask: 'open', port, path: '/track', subprotocol: undefined },
      ...{ count: SOCKETS, steps },
    });
    await delay(WARM_UP_MS);
    const look = async () => ({
      at: performance.now(),
      messages:
        ((await ask(clients, { ask: 'bytes' })) as { bytes: number }).bytes / MESSAGE.length,
      servers: servers.map(({ pid }) => cpuOf(pid as number)),
      clients: cpuOf(clients.pid as number),
    });
    const before = await look();
    await delay(MEASURE_MS);
    const after = await look();
    const ms = after.at - before.at;
    const messages = after.messages - before.messages;
    const cpu = after.servers.map((cpu, i) => cpu - (before.servers[i] ?? 0));
    const cores = (cpu: number) => Number((cpu / ms).toFixed(2));
    const total = cpu.reduce((sum, one) => sum + one, 0);
    return {
      processes: count,
      'delivered/s': Math.round((messages / ms) * 1000),
      'µs of CPU a message': Number(((total * 1000) / messages).toFixed(2)),
      'cores of each': cpu.map(cores).join(', '),
      'cores of the clients': cores(after.clients - before.clients),
    };
  } finally {
    await Promise.all(children.map(end));
    await nats.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function portOf({ stdout }: ChildProcess): Promise<number> {
  if (stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: stdout })) {
    const [, port] = /dashboard: http:\S+:(\d+)/.exec(line) ?? [];
    if (port === undefined) continue;
    stdout.resume();
    return Number(port);
  }
  throw new Error('the program did not start');
}

async function ask(clients: ChildProcess, request: Request): Promise<unknown> {
  const answer = once(clients, 'message');
  clients.send(request);
  const [answered] = await answer;
  return answered;
}
