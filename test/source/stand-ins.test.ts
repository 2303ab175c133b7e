// The stand-ins as an operator starts them: Senti reads them as printed, and mistakes are sentences.

import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SentimentDocument } from '../../schema/operations.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { startServer } from '../../src/server/server.ts';
import { connectGraphQL, run as subscribe } from '../support/clients.ts';
import { exitOf, logged, startNode } from '../support/program.ts';
import { startSenti } from '../support/senti.ts';
import { tempFile, tempFolder } from '../support/temp-file.ts';

const POSTS = fileURLToPath(new URL('../../src/source/posts.ndjson', import.meta.url));

const COMMANDS = ['fake-x', 'fake-jetstream', 'fake-mastodon'];

function run(command: string, ...argv: readonly string[]) {
  return startNode([
    fileURLToPath(new URL(`../support/${command}-main.ts`, import.meta.url)),
    ...argv,
  ]);
}

describe.each(COMMANDS)('%s', (command) => {
  test('plays the file that comes with Senti to the command that it prints', async () => {
    const printed = await logged(run(command, '--file', POSTS), /(\w+=\S+ )?npm start -- .+\n/);
    const [env, argv] = printed.trim().split(/ ?npm start -- /) as [string, string];
    const parsed = parseConfig(
      [...argv.split(' '), '--port', '0', '--state-dir', tempFolder()],
      Object.fromEntries(env === '' ? [] : [env.split('=')]),
    );
    if (!('config' in parsed)) throw new Error(JSON.stringify(parsed));
    const server = await startServer(parsed.config, pino({ level: 'silent' }));
    onTestFinished(() => server.close());
    const client = connectGraphQL(server.url.replace('http', 'ws'));
    const { value } = await subscribe(client, SentimentDocument, { track: 'coffee' }).next();
    expect(value?.data?.sentiment.post.source).toBe(parsed.config.sources[0]);
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
  const cases: readonly (readonly [argv: readonly string[], sentence: string, command?: string])[] =
    [
      [[], 'Name the file to play with --file.'],
      [['--bogus'], "Unknown option '--bogus'"],
      [['--file', POSTS, '--rate', '0'], '--rate must be a number above 0.'],
      ...COMMANDS.map(
        (it) =>
          [['--file', '/nowhere.ndjson'], '/nowhere.ndjson cannot be read (ENOENT', it] as const,
      ),
      [['--file', broken], `${broken}:2 is not JSON.`],
      [['--file', POSTS, '--port', taken], 'Choose another --port.'],
      [['--file', tempFile('empty.ndjson', '\n')], 'empty.ndjson has no posts.'],
    ];
  const runs = cases.map(async ([argv, sentence, command = 'fake-mastodon']) => {
    const { code, errors } = await exitOf(run(command, ...argv));
    expect(code).toBe(1);
    expect(errors).toContain(sentence);
    expect(errors).not.toMatch(/^ {4}at /m);
  });
  await Promise.all(runs);
});
