// Senti as a program of its own, which V8's inspector looks into.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { COMPILED_ENV } from './compiled.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** pino's level for errors. */
const ERROR = 50;

export interface Inspected {
  readonly url: URL;
  readonly pid: number;
  /** Lines logged as errors, lines that are no JSON, and all that came on stderr. */
  readonly complaints: readonly string[];
  /** Connections that it says it evicted. */
  readonly evictions: number;
  /** How it ended, if it has. */
  readonly ended: string | undefined;
  /** The value of an expression in the program; it has to be JSON. */
  evaluate<T>(expression: string): Promise<T>;
  /** What is used once all garbage is gone, in bytes, and files that are open. */
  measure(): Promise<Measured>;
  /** Sends SIGTERM, and resolves when it is gone. */
  stop(): Promise<void>;
}

export interface Measured {
  readonly heap: number;
  readonly rss: number;
  readonly files: number;
}

/** Starts it on a free port; `argv` are options as for `npm start`. */
export async function startInspected(argv: readonly string[]): Promise<Inspected> {
  const program = spawn(process.execPath, ['--inspect=127.0.0.1:0', MAIN, '--port', '0', ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: COMPILED_ENV,
  });
  // It must not outlive this process.
  process.once('exit', () => program.kill('SIGKILL'));
  const complaints: string[] = [];
  let evictions = 0;
  let ended: string | undefined;
  program.once('exit', (code, signal) => {
    ended = `it exited with ${signal ?? code}`;
  });
  const url = Promise.withResolvers<string>();
  const inspector = Promise.withResolvers<string>();
  let leaveInspector = () => {};
  createInterface(program.stdout).on('line', (line) => {
    if (line.includes('evicted a connection')) evictions += 1;
    const address = /https?:\/\/[\d.]+:\d+/.exec(line)?.[0];
    if (address) url.resolve(address);
    if (isComplaint(line)) complaints.push(line);
  });
  createInterface(program.stderr).on('line', (line) => {
    const address = /ws:\/\/\S+/.exec(line)?.[0];
    if (address) inspector.resolve(address);
    // It has ended, but waits for its inspector to leave.
    else if (line.startsWith('Waiting for the debugger to disconnect')) leaveInspector();
    else if (!/^(For help, see|Debugger (attached|ending))/.test(line)) complaints.push(line);
  });
  const gone = once(program, 'exit').then(() => {
    throw new Error(`it did not start: ${complaints.join('\n')}`);
  });
  const { ask, leave } = await inspect(await Promise.race([inspector.promise, gone]));
  leaveInspector = leave;
  const address = new URL(await Promise.race([url.promise, gone]));

  async function evaluate<T>(expression: string): Promise<T> {
    const { result } = await ask('Runtime.evaluate', { expression, returnByValue: true });
    return (result as { value: T }).value;
  }

  return {
    url: address,
    pid: program.pid ?? 0,
    complaints,
    get evictions() {
      return evictions;
    },
    get ended() {
      return ended;
    },
    evaluate,
    async measure() {
      // Twice, since what finalizers let go is garbage only then.
      await ask('HeapProfiler.collectGarbage');
      await ask('HeapProfiler.collectGarbage');
      const { usedSize } = await ask('Runtime.getHeapUsage');
      const [rss = 0, files] = residentAndOpen(program);
      return { heap: usedSize as number, rss, files };
    },
    async stop() {
      if (ended !== undefined) return;
      program.kill('SIGTERM');
      // It would wait for its inspector.
      leave();
      await once(program, 'exit');
    },
  };
}

function isComplaint(line: string): boolean {
  try {
    return JSON.parse(line).level >= ERROR;
  } catch (error) {
    if (error instanceof SyntaxError) return true;
    throw error;
  }
}

/** By the kernel's account (proc(5)). */
function residentAndOpen({ pid }: ChildProcess): [rss: number, files: number] {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  return [kilobytes * 1024, readdirSync(`/proc/${pid}/fd`).length];
}

type Ask = (method: string, params?: object) => Promise<Record<string, unknown>>;

/** Asks V8's inspector by the Chrome DevTools Protocol. */
async function inspect(address: string): Promise<{ ask: Ask; leave: () => void }> {
  const socket = new WebSocket(address);
  await once(socket, 'open');
  const waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  socket.on('message', (data) => {
    const { id, result, error } = JSON.parse(String(data));
    if (error) waiting.get(id)?.reject(new Error(error.message));
    else waiting.get(id)?.resolve(result);
    waiting.delete(id);
  });
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the program is gone'));
  });
  socket.on('error', () => {});
  let last = 0;
  const ask: Ask = (method, params = {}) => {
    if (socket.readyState !== socket.OPEN) throw new Error('the program is gone');
    last += 1;
    const answer = Promise.withResolvers<Record<string, unknown>>();
    waiting.set(last, answer);
    socket.send(JSON.stringify({ id: last, method, params }));
    return answer.promise;
  };
  return { ask, leave: () => socket.terminate() };
}
