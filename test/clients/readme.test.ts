// The code in the documentation, word for word: the compiler accepts it, and every client in it prints events.

import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { schema } from '../../src/api/graphql/schema.ts';
import { ADDRESS, emptyFolder, runBlock } from '../support/block-program.ts';
import { blocksOf, PAGES, ROOT } from '../support/readmes.ts';
import { startReal } from '../support/senti.ts';

const FOLDER = emptyFolder('readme');

/** This page is a project of its own, which types.test.ts makes. */
const PROJECT = 'schema/README.md';
const blocks = PAGES.filter(({ path }) => path !== PROJECT).flatMap(blocksOf);
/** The curl example runs only where curl is installed. */
const hasCurl = spawnSync('curl', ['--version']).error === undefined;
const queries = blocks.filter(({ language }) => language === 'graphql');
const typed = blocks.filter(({ language }) => language === 'ts');
const clients = blocks.filter(
  ({ language, code }) => /^(ts|js|sh)$/.test(language) && code.includes(ADDRESS),
);

describe('the code in the documentation', () => {
  test.each([
    'curl',
    'EventSource',
    'graphql-ws',
    '@apollo/client',
    '@urql/core',
    'graphql-sse',
    '/track',
  ])('shows %s', (client) => {
    expect(clients.some(({ code }) => code.includes(client))).toBe(true);
  });

  test.each(queries)('is valid against the schema: $name', ({ code }) => {
    expect(validate(schema, parse(code))).toEqual([]);
  });

  test('is accepted by the compiler', async () => {
    const names = typed.map(({ name }) => `check-${name}`);
    for (const { name, code } of typed) {
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

  test.each(clients.filter(({ language }) => hasCurl || language !== 'sh'))(
    'prints events: $name',
    async (block) => {
      const { url } = await startReal();
      const program = runBlock(block, FOLDER, new URL(url).host);
      let errors = '';
      program.stderr.on('data', (chunk) => {
        errors += chunk;
      });
      const exited = once(program, 'exit').then(() => {
        throw new Error(`the program exited: ${errors}`);
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
      expect(printed).toMatch(/polarityIndex"?: ?[012]/);
      expect(printed).not.toMatch(/undefined|null/);
    },
  );
});
