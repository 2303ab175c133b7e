// A real nats-server on a free port, in a new folder.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const USUAL = ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server'];

/** The path in NATS_SERVER, or else the first of the usual paths that exists. */
export function findNatsServer(): string | undefined {
  return [process.env.NATS_SERVER, ...USUAL].find((path) => path && existsSync(path));
}

export interface NatsServer {
  /** Such as `nats://127.0.0.1:12345`. */
  readonly url: string;
  readonly port: number;
  /** Ends the server as if the machine had lost power. */
  kill(): Promise<void>;
  /** Starts the server again on the same port, with its data or without. */
  restart(options?: { readonly forget: boolean }): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  stop(): Promise<void>;
}

/** `argv` are more arguments of `nats-server`. */
export async function startNats(...argv: readonly string[]): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'senti-nats-'));
  let { child, port } = await launch(folder, -1, argv);

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    kill,
    async restart({ forget } = { forget: false }) {
      await kill();
      if (forget) await rm(folder, { recursive: true, force: true });
      ({ child, port } = await launch(folder, port, argv));
    },
    signal: (signal) => void child.kill(signal),
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function launch(
  folder: string,
  port: number,
  argv: readonly string[],
): Promise<{ child: ChildProcess; port: number }> {
  const program = findNatsServer();
  if (program === undefined) throw new Error('no nats-server');
  const where = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder];
  const child = spawn(program, [...where, ...argv], { stdio: ['ignore', 'ignore', 'pipe'] });
  let listening = port;
  for await (const line of createInterface({ input: child.stderr })) {
    listening = Number(/client connections on \S+:(\d+)$/.exec(line)?.[1] ?? listening);
    if (/Server is ready$/.test(line)) break;
  }
  if (child.exitCode !== null) throw new Error('nats-server did not start');
  child.stderr.resume();
  return { child, port: listening };
}
