// Standard output may stall, fill up or go away. The program keeps working, and stops when told to.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { COMPILED_ENV } from '../support/compiled.ts';
import { readExposition } from '../support/exposition.ts';
import { listening, logged, MAIN, start, startNode, startWith } from '../support/program.ts';
import { connectRaw } from '../support/raw-socket.ts';
import { NO_FILES, tempFolder } from '../support/temp-file.ts';

/** Far more than the log keeps for a slow reader, in bytes. */
const FLOOD = 4 * 1024 * 1024;
/** Prints the port on standard error, for a test that cannot read the log. */
const TELL_PORT = `import { subscribe } from "node:diagnostics_channel";
  subscribe("tracing:net.server.listen:asyncEnd", ({ server }) =>
    process.stderr.write("port " + server.address().port + "\\n"));`;

function preload(code: string): readonly string[] {
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
}

/** Runs a command whose standard output is the descriptor `stdout`. */
function startOnto(stdout: number, command: readonly string[]) {
  const [file = '', ...args] = command;
  const program = spawn(file, args, { stdio: ['ignore', stdout, 'pipe'], env: COMPILED_ENV });
  onTestFinished(() => void program.kill('SIGKILL'));
  return program;
}

async function first(stream: Readable | null, pattern: RegExp): Promise<string> {
  let read = '';
  for await (const chunk of stream?.iterator({ destroyOnReturn: false }) ?? []) {
    read += chunk;
    const found = pattern.exec(read)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error(`found no ${pattern} in: ${read}`);
}

async function droppedLines(url: string): Promise<number> {
  const { values } = readExposition(await (await fetch(`${url}/metrics`)).text());
  return values.get('senti_log_lines_dropped_total') ?? Number.NaN;
}

/** Makes the program log lines until it drops one. */
async function untilDropped(program: ChildProcess, url: string): Promise<void> {
  while ((await droppedLines(url)) === 0) {
    program.kill('SIGHUP');
    await setImmediate();
  }
}

/** Expects an answer, and an exit at the first signal. */
async function expectToServeAndStop(program: ChildProcess, url: string): Promise<void> {
  expect((await fetch(`${url}/health`)).status).toBe(200);
  const exited = once(program, 'exit');
  program.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
}

describe('the program keeps working, and stops at a signal,', () => {
  test('after the reader of its log has gone', async () => {
    const program = start('--port', '0');
    const url = await listening(program);
    program.stdout.destroy();
    await untilDropped(program, url);
    await expectToServeAndStop(program, url);
  });

  test.skipIf(!existsSync('/dev/full'))('when the disk is full', async () => {
    const command = [process.execPath, ...preload(TELL_PORT), MAIN, '--port', '0'];
    const program = startOnto(openSync('/dev/full', 'w'), command);
    const url = `http://127.0.0.1:${await first(program.stderr, /port (\d+)\n/)}`;
    await untilDropped(program, url);
    await expectToServeAndStop(program, url);
  });

  test('while the reader of its log stalls, and reports the dropped lines afterwards', async () => {
    const flood = `process.on("SIGUSR2", () => process.stdout.write("\\n".repeat(${FLOOD})))`;
    const program = startWith(preload(flood), '--port', '0');
    const url = await listening(program);
    program.stdout.pause();
    program.kill('SIGUSR2');
    await untilDropped(program, url);
    let isSaid = false;
    const said = logged(program, /was blocked: [1-9]\d* log lines dropped since the start/);
    void said.then(() => {
      isSaid = true;
    });
    while (!isSaid) {
      program.kill('SIGHUP');
      await setImmediate();
    }
    program.stdout.pause();
    program.kill('SIGUSR2');
    await expectToServeAndStop(program, url);
  });

  test.skipIf(!existsSync('/usr/bin/script'))('while its terminal is paused', async () => {
    const ready = `console.log("pid " + process.pid);
      process.on("SIGUSR2", () => process.stdout.write("x".repeat(${FLOOD})))`;
    const command = [process.execPath, ...preload(ready), MAIN, '--port', '0'];
    const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    const terminal = spawn('/usr/bin/script', ['-qfc', quoted, '/dev/null'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void terminal.kill('SIGKILL'));
    let shown = '';
    terminal.stdout.on('data', (chunk) => {
      shown += chunk;
    });
    const found = async (pattern: RegExp) => {
      while (!pattern.test(shown)) await once(terminal.stdout, 'data');
      return pattern.exec(shown)?.[1] ?? '';
    };
    const pid = Number(await found(/pid (\d+)/));
    onTestFinished(() => {
      if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
    });
    const url = await found(/dashboard +(http:\/\/[\d.]+:\d+)/);
    terminal.stdout.pause();
    process.kill(pid, 'SIGUSR2');
    expect((await fetch(`${url}/health`)).status).toBe(200);
    process.kill(pid, 'SIGTERM');
    while (existsSync(`/proc/${pid}/exe`)) await setImmediate();
  });
});

describe('a program whose name lookup hangs', () => {
  /** Node.js looks up names in its thread pool. The pool's only thread hangs here. */
  async function startWithHangingLookup(...argv: readonly string[]) {
    const pipe = join(tempFolder(), 'pipe');
    NO_FILES['a pipe that nobody writes to']?.(pipe);
    const code = `import { open } from "node:fs"; import { lookup } from "node:dns";
      process.on("SIGUSR2", () => { open(${JSON.stringify(pipe)}, () => {}); lookup("senti.invalid", () => {});
        process._rawDebug("asked"); });`;
    const program = startNode([...preload(code), MAIN, '--port', '0', ...argv], {
      UV_THREADPOOL_SIZE: '1',
    });
    const url = await listening(program);
    program.kill('SIGUSR2');
    await first(program.stderr, /(asked)/);
    return { program, url, exited: once(program, 'exit') };
  }

  test('exits at a signal', async () => {
    const { program, exited } = await startWithHangingLookup();
    program.kill('SIGTERM');
    expect(await exited).toEqual([null, 'SIGTERM']);
  });

  test('exits at a second signal', async () => {
    const { program, url, exited } = await startWithHangingLookup();
    // A client that never leaves delays the shutdown of the first signal.
    const { socket } = await connectRaw({ url }, '/track');
    socket.pause();
    program.kill('SIGINT');
    await logged(program, /SIGINT: stopping/);
    program.kill('SIGTERM');
    expect(await exited).toEqual([null, 'SIGTERM']);
  });
});

test('the help page and the list of mistakes need no reader', async () => {
  for (const [option, code] of [
    ['--help', 0],
    ['--bogus', 1],
  ] as const) {
    const program = start(option);
    program.stdout.destroy();
    const [errors, [exit]] = await Promise.all([text(program.stderr), once(program, 'exit')]);
    expect(exit).toBe(code);
    expect(errors).not.toContain('EPIPE');
  }
});
