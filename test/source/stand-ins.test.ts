// The stand-ins as an operator starts them: mistakes are sentences.

import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { exitOf, logged, startNode } from '../support/program.ts';
import { startSenti } from '../support/senti.ts';
import { tempFile } from '../support/temp-file.ts';

const POSTS = fileURLToPath(new URL('../../src/source/posts.ndjson', import.meta.url));

function run(command: string, ...argv: readonly string[]) {
  return startNode([
    fileURLToPath(new URL(`../support/${command}-main.ts`, import.meta.url)),
    ...argv,
  ]);
}

describe.each(['fake-x', 'fake-jetstream', 'fake-mastodon'])('%s', (command) => {
  test('plays the file that comes with Senti', async () => {
    expect(await logged(run(command, '--file', POSTS), /npm start -- .+/)).toContain('--source');
  });

  test('explains itself with --help', async () => {
    const program = run(command, '--help');
    const [usage, exit] = await Promise.all([
      logged(program, /Usage: npm run \S+ -- --file \S+/),
      exitOf(program),
    ]);
    expect(usage).toContain(command);
    expect(exit).toEqual({ code: 0, errors: '' });
  });
});

test('a stand-in says which option, file or line is wrong', async () => {
  const broken = tempFile('broken.ndjson', '{"text": "fine"}\n{text}\n');
  const taken = new URL((await startSenti()).url).port;
  const cases: readonly (readonly [argv: readonly string[], sentence: string])[] = [
    [[], 'Name the file to play with --file.'],
    [['--bogus'], "Unknown option '--bogus'"],
    [['--file', POSTS, '--rate', '0'], '--rate must be a number above 0.'],
    [['--file', '/nowhere.ndjson'], '/nowhere.ndjson cannot be read (ENOENT'],
    [['--file', broken], `${broken}:2 is not JSON.`],
    [['--file', POSTS, '--port', taken], 'Choose another --port.'],
    [['--file', tempFile('empty.ndjson', '\n')], 'empty.ndjson has no posts.'],
  ];
  const runs = cases.map(async ([argv, sentence]) => {
    const { code, errors } = await exitOf(run('fake-mastodon', ...argv));
    expect(code).toBe(1);
    expect(errors).toContain(sentence);
    expect(errors).not.toMatch(/^ {4}at /m);
  });
  await Promise.all(runs);
});
