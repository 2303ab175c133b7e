// The code in the README, word for word: the compiler accepts it, and it prints events.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startReal } from '../support/senti.ts';

const ROOT = new URL('../../', import.meta.url);
const FOLDER = new URL('test/output/readme/', ROOT);
const ADDRESS = 'localhost:8000';

const readme = readFileSync(new URL('README.md', ROOT), 'utf8');
const chapter = /^## Clients$(.*?)^## /ms.exec(readme)?.[1] ?? '';
const blocks = [...chapter.matchAll(/^```(ts|js)\n(.*?)^```$/gms)].map(([, language, code], n) => ({
  name: `${n}.${language}`,
  code: code ?? '',
}));

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });

describe('the code of the README', () => {
  test('is there for every client', () => {
    for (const client of ['graphql-ws', '@apollo/client', '@urql/core', 'graphql-sse', '/track']) {
      expect(blocks.some(({ code }) => code.includes(client))).toBe(true);
    }
    expect(blocks.every(({ code }) => code.includes(ADDRESS))).toBe(true);
  });

  test('is accepted by the compiler', async () => {
    const names = blocks
      .filter(({ name }) => name.endsWith('ts'))
      .map(({ name }) => `check-${name}`);
    for (const { name, code } of blocks) {
      writeFileSync(new URL(`check-${name}`, FOLDER), `${code}\nexport {};\n`);
    }
    const config = {
      extends: '../../../tsconfig.json',
      compilerOptions: { lib: ['esnext', 'dom', 'dom.iterable'] },
      include: names,
      files: names,
    };
    const path = new URL('tsconfig.json', FOLDER);
    writeFileSync(path, JSON.stringify(config));
    const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', ROOT));
    const compiled = promisify(execFile)(process.execPath, [tsc, '--project', fileURLToPath(path)]);
    await expect(compiled).resolves.toEqual({ stdout: '', stderr: '' });
  });

  test.each(blocks)('prints events when it is run: $name', async ({ name, code }) => {
    const { url } = await startReal();
    const file = new URL(`run-${name}`, FOLDER);
    writeFileSync(file, code.replaceAll(ADDRESS, new URL(url).host));
    const program = spawn(process.execPath, [fileURLToPath(file)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void program.kill('SIGKILL'));
    let errors = '';
    program.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    const exited = once(program, 'exit').then(() => {
      throw new Error(`it ended: ${errors}`);
    });
    let printed = '';
    const events = (async () => {
      for await (const chunk of program.stdout.iterator({ destroyOnReturn: false })) {
        printed += chunk;
        if (printed.split('polarityIndex').length > 2) return;
      }
    })();
    await Promise.race([events, exited]);
    exited.catch(() => {});
    expect(printed).toMatch(/polarityIndex: [012]/);
    expect(printed).not.toMatch(/undefined|null/);
  });
});
