// The tree that a container image is made of starts and serves without development packages.

import { execFile } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { SentimentDocument } from '../../schema/operations.ts';
import { connectGraphQL, run } from '../support/clients.ts';
import { exitOf, listening, startNode } from '../support/program.ts';
import { tempFolder } from '../support/temp-file.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The files that an image needs, as listed in the README. */
const FILES = ['package.json', 'package-lock.json', '.npmrc', 'src', 'schema', 'dist/web'];
const INSTALL = ['ci', '--omit=dev', '--ignore-scripts', '--prefer-offline'];
/** The errors of npm without a registry. Any other error fails the test. */
const UNREACHABLE = /E(NOTFOUND|AI_AGAIN|CONNREFUSED|CONNRESET|TIMEDOUT|NETUNREACH|NOTCACHED)/;

test('the production tree starts, delivers and shows the dashboard', async ({ skip }) => {
  const folder = tempFolder();
  for (const name of FILES) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  try {
    await promisify(execFile)('npm', INSTALL, { cwd: folder });
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    if (!UNREACHABLE.test(output) || process.env.CI === 'true') throw error;
    console.warn('senti: npm cannot reach a registry, so the production tree is not tested');
    return skip();
  }
  expect(existsSync(join(folder, 'node_modules/ws'))).toBe(true);
  expect(existsSync(join(folder, 'node_modules/vite'))).toBe(false);

  const program = startNode([join(folder, 'src/main.ts'), '--port', '0']);
  const exited = exitOf(program);
  const url = await listening(program);
  const page = await fetch(url);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<title>')]);
  const client = connectGraphQL(url.replace('http', 'ws'));
  const track = 'coffee, tea, football, music, weather, train, dog, dogs, pizza, running';
  const events = run(client, SentimentDocument, { track });
  expect((await events.next()).value?.data?.sentiment.post.source).toBe('sample');
  await events.return?.();
  program.kill('SIGTERM');
  expect(await exited).toEqual({ code: 0, errors: '' });
}, 180_000);
