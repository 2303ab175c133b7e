// Part of npm run bench -- cluster: what one process and two on one port deliver, as programs of their own. The clients
// only count, and have the same cores.

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startNats } from '../support/nats-server.ts';
import { listening, MAIN } from '../support/program.ts';
import { ask, end } from './brokers-process.ts';
import { round } from './fanout.ts';
import { cpuOf } from './process-cost.ts';

const SOCKETS = 1000;
/** Two processes cannot deliver so many to these sockets, so each row shows a limit. */
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
      const server = spawn(process.execPath, [MAIN, '--port', String(port), ...argv], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(server);
      port = Number(new URL(await listening(server)).port);
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
    const cores = (cpu: number) => round(cpu / ms);
    const total = cpu.reduce((sum, one) => sum + one, 0);
    return {
      processes: count,
      'delivered/s': Math.round((messages / ms) * 1000),
      'µs of CPU a message': round((total * 1000) / messages),
      'cores of each': cpu.map(cores).join(', '),
      'cores of the clients': cores(after.clients - before.clients),
    };
  } finally {
    await Promise.all(children.map(end));
    await nats.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
