// A broker as a process of its own, with its configuration in a new folder, and a publisher that is connected to it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Request } from './brokers-clients.ts';

/** A broker that runs. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  readonly door: Omit<Extract<Request, { ask: 'open' }>, 'ask' | 'count'>;
  publish(count: number): void;
}

export interface Rival {
  readonly program: string;
  config(where: Readonly<Record<'folder' | 'port' | 'backPort', string | number>>): string;
  argv(file: string, folder: string): string[];
  readonly door: Omit<Running['door'], 'port'>;
  /** What a publisher sends first, and for each message. */
  readonly greeting: string | Buffer;
  readonly message: Buffer;
  /** Whether publishers connect where the clients do. */
  readonly isPublishedOnDoor?: boolean;
}

export async function startRival(rival: Rival): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'senti-brokers-'));
  const [port, backPort] = [await freePort(), await freePort()];
  const file = join(folder, 'broker.conf');
  await writeFile(file, rival.config({ folder, port, backPort }));
  const child = spawn(rival.program, rival.argv(file, folder), { stdio: 'ignore' });
  const publisher = await connected(rival.isPublishedOnDoor ? port : backPort, child);
  publisher.resume();
  if (rival.greeting !== '') publisher.write(rival.greeting);
  return {
    pid: child.pid as number,
    door: { ...rival.door, port },
    publish: (count) => void publisher.write(Buffer.concat(Array(count).fill(rival.message))),
    async [Symbol.asyncDispose]() {
      publisher.destroy();
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function connected(port: number, child: ChildProcess) {
  for (;;) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    try {
      await once(socket, 'connect');
      return socket.on('error', () => {});
    } catch {
      if (child.exitCode !== null) throw new Error(`${child.spawnfile} did not start`);
      await delay(20);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Asks the process of the clients. */
export async function ask(clients: ChildProcess, request: Request): Promise<unknown> {
  const answer = once(clients, 'message');
  clients.send(request);
  const [found] = await answer;
  return found;
}

/** Lets it end its own children. */
export async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
