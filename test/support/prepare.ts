// Runs once before all tests: builds the page, compiles the server, and names the tests that a missing program leaves out.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildPage } from '../../src/web/build.ts';
import { findChromium } from './chromium.ts';
import { COMPILED, COMPILED_ENV } from './compiled.ts';
import { findNatsServer } from './nats-server.ts';

export default async function prepare(): Promise<void> {
  await Promise.all([buildPage(), compile()]);
  if (!findChromium()) miss('no Chromium here (or in CHROMIUM), so the tests in a browser');
  if (!findNatsServer())
    miss('no nats-server here (or in NATS_SERVER), so the tests of many nodes');
}

/** Node.js writes compiled code to disk when a process ends by itself, and the tests kill most of theirs. */
async function compile(): Promise<void> {
  if (existsSync(COMPILED)) return;
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  await promisify(execFile)(process.execPath, [main, '--help'], { env: COMPILED_ENV });
}

function miss(what: string): void {
  if (process.env.CI === 'true') throw new Error(`${what} cannot run`);
  console.warn(`senti: ${what} are skipped`);
}
