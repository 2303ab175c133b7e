// The tree that a container image is made of starts and serves without development packages.

import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { SentimentDocument } from '../../schema/operations.ts';
import { connectGraphQL, run } from '../support/clients.ts';
import { npm } from '../support/npm.ts';
import { exitOf, listening, startNode } from '../support/program.ts';
import { tempFolder } from '../support/temp-file.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The files that an image needs, as listed in the README. */
const FILES = ['package.json', 'package-lock.json', '.npmrc', 'src', 'schema', 'dist/web'];
const INSTALL = ['ci', '--omit=dev', '--ignore-scripts', '--prefer-offline'];

test('the production tree starts, delivers and shows the dashboard', async ({ skip }) => {
  const folder = tempFolder();
  for (const name of FILES) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  if (!(await npm(folder, ...INSTALL))) return skip();
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
});
