// schema/README.md, word for word: an empty project gets its packages, its types and a program that prints events.

import { execFile } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { COMPILED_ENV } from '../support/compiled.ts';
import { npm } from '../support/npm.ts';
import { logged, startNode } from '../support/program.ts';
import { PAGES, ROOT } from '../support/readmes.ts';
import { configOf, startSenti } from '../support/senti.ts';
import { tempFolder } from '../support/temp-file.ts';
import { TOKEN, withTokens } from '../support/tokens.ts';

const page = PAGES.find(({ path }) => path === 'schema/README.md')?.text ?? '';
/** Each is named in the sentence before it. */
const FILES = new Map(
  [...page.matchAll(/^`([\w.]+\.(?:graphql|json|ts))`[^`]*\n\n```\w+\n(.*?)^```$/gms)].map(
    ([, name = '', code = '']) => [name, code],
  ),
);
const ADDRESS = 'http://localhost:8000/graphql';
const EVENT = /(POSITIVE|NEGATIVE|NEUTRAL) \w+/;

/** The packages that the page installs, in the versions of this project: npm has them in its cache, and no day differs. */
function writePackages(folder: string): void {
  const lock = JSON.parse(readFileSync(new URL('package-lock.json', ROOT), 'utf8'));
  const installs = page.replaceAll('\\\n', '').match(/^npm install .*$/gm) ?? [];
  const names = installs.join(' ').match(/(?<= )@?[a-z][\w/-]*/g) ?? [];
  const dependencies = Object.fromEntries(
    names
      .filter((name) => name !== 'npm' && name !== 'install')
      .map((name) => [name, lock.packages[`node_modules/${name}`].version]),
  );
  const root = { name: 'listener', version: '1.0.0', type: 'module', dependencies };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(root));
  lock.packages[''] = root;
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
}

/** `listened` resolves with the first listener. A program may take longer to start than `until` waits. */
async function startForOne(...argv: readonly string[]) {
  const { promise: listened, resolve } = Promise.withResolvers<void>();
  const senti = await startSenti(configOf(...argv), systemClock, (source) => {
    const { want } = source;
    source.want = (tracks) => {
      want(tracks);
      if (tracks.size > 0) resolve();
    };
    return source;
  });
  return { senti, listened };
}

test('a project made as in schema/README.md has types and prints events, also after a restart', async ({
  skip,
}) => {
  const folder = tempFolder();
  const write = (name: string, code: string) => writeFileSync(join(folder, name), code);
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const runTool = (tool: string, ...argv: readonly string[]) =>
    promisify(execFile)(process.execPath, [join(folder, 'node_modules/.bin', tool), ...argv], {
      cwd: folder,
      env: { ...COMPILED_ENV, TOKEN },
    });
  writePackages(folder);
  if (!(await npm(folder, 'install', '--prefer-offline', '--ignore-scripts', '--no-audit')))
    return skip();
  expect([...FILES.keys()].sort()).toEqual([
    'codegen.ts',
    'main.ts',
    'sentiment.graphql',
    'tsconfig.json',
  ]);
  for (const [name, code] of FILES) write(name, code);
  cpSync(fileURLToPath(new URL('schema/schema.graphql', ROOT)), join(folder, 'schema.graphql'));

  // From the file, and from a server that requires a token.
  const guarded = await startSenti(withTokens(configOf()));
  const schemaOfServer = /^schema: .*$/m.exec(page)?.[0] ?? '';
  const configOfServer = read('codegen.ts')
    .replace(/schema: .*,/, schemaOfServer.replace(ADDRESS, `${guarded.url}/graphql`))
    .replace('./operations.ts', './from-server.ts');
  write('codegen-of-server.ts', configOfServer);
  await Promise.all([
    runTool('graphql-codegen'),
    runTool('graphql-codegen', '--config', 'codegen-of-server.ts'),
  ]);
  expect(read('from-server.ts')).toBe(read('operations.ts'));

  // The compiler knows the fields: it finds the one that the operation does not ask for.
  write('wrong.ts', read('main.ts').replace('data.sentiment.polarity', 'data.sentiment.positive'));
  const errors = await runTool('tsc').then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout.trim().split('\n'),
  );
  expect(errors).toEqual([expect.stringMatching(/^wrong\.ts.*'positive' does not exist/)]);

  const { senti, listened } = await startForOne();
  const { port } = new URL(senti.url);
  write('main.ts', read('main.ts').replace('localhost:8000', `127.0.0.1:${port}`));
  const program = startNode([join(folder, 'main.ts')]);
  await listened;
  senti.source.say('I love this coffee', { tags: ['first'] });
  expect(await logged(program, EVENT)).toBe('POSITIVE first');
  await senti.close();
  const restarted = await startForOne('--port', port);
  await restarted.listened;
  restarted.senti.source.say('I hate this coffee', { tags: ['second'] });
  expect(await logged(program, EVENT)).toBe('NEGATIVE second');
});
