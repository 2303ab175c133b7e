// A block of the documentation as a program of its own, word for word but for the server's address.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type Block, ROOT } from './readmes.ts';

/** The address that the documentation gives the server. */
export const ADDRESS = 'localhost:8000';

/** An empty folder for the blocks of a test file, from where they find their libraries. */
export function emptyFolder(name: string): URL {
  const folder = new URL(`test/output/${name}/`, ROOT);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Runs a block in a folder, with the server at `host`. It is killed when the test is over. */
export function runBlock(
  { name, language, code }: Block,
  folder: URL,
  host: string,
): ChildProcessByStdio<null, Readable, Readable> {
  const file = new URL(`run-${name}`, folder);
  const adapted = code.replaceAll(ADDRESS, host);
  writeFileSync(file, adapted);
  const [command, args] =
    language === 'sh'
      ? ['sh', ['-c', `exec ${adapted}`]]
      : // Browsers have EventSource; in Node.js it is behind a flag.
        [process.execPath, ['--experimental-eventsource', '--no-warnings', fileURLToPath(file)]];
  const program = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void program.kill('SIGKILL'));
  return program;
}
