// Senti as users start it: a program of its own.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { COMPILED_ENV } from './compiled.ts';

export type Program = ChildProcessByStdio<null, Readable, Readable>;

export const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Starts the program; it is killed when the test is over. */
export function start(...argv: readonly string[]): Program {
  return startWith([], ...argv);
}

/** The same with options for Node.js itself. */
export function startWith(options: readonly string[], ...argv: readonly string[]): Program {
  return startNode([...options, MAIN, ...argv]);
}

/** Starts the program with these environment variables, and with compiled code. */
export function startIn(
  env: Readonly<Record<string, string>>,
  ...argv: readonly string[]
): Program {
  return startNode([MAIN, ...argv], env);
}

/** Starts Node.js, or another `file`, without the environment of this process. */
export function startNode(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  file = process.execPath,
): Program {
  const program = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...COMPILED_ENV, ...env },
  });
  onTestFinished(() => void program.kill('SIGKILL'));
  return program;
}

/** Resolves with the address that a program says it listens on. */
export async function listening(program: Pick<Program, 'stdout'>): Promise<string> {
  return logged(program, /https?:\/\/[\d.]+:\d+/);
}

/** Resolves with the first match of `pattern` in what a program prints from now on. */
export async function logged(program: Pick<Program, 'stdout'>, pattern: RegExp): Promise<string> {
  let log = '';
  for await (const chunk of program.stdout.iterator({ destroyOnReturn: false })) {
    log += chunk;
    const found = pattern.exec(log)?.[0];
    if (found !== undefined) {
      // Nothing else reads the pipe, and a full one would hold the program up.
      program.stdout.resume();
      return found;
    }
  }
  throw new Error(`it never said ${pattern}: ${log}`);
}

/** Kills a program as a crash would, so that it closes nothing. */
export async function crash(program: Program): Promise<void> {
  const gone = once(program, 'exit');
  program.kill('SIGKILL');
  await gone;
}

export async function exitOf(program: Program) {
  const [errors, [code]] = await Promise.all([text(program.stderr), once(program, 'exit')]);
  return { code, errors };
}
