import { describe, expect, onTestFinished, test } from 'vitest';
import { StatusDocument } from '../../schema/operations.ts';
import { OPTIONS } from '../../src/config/options.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { secretsOf } from '../../src/config/secrets.ts';
import { connectTrack, post } from '../support/clients.ts';
import { startFakeX } from '../support/fake-x.ts';
import { exitOf, listening, logged, MAIN, startIn, startNode } from '../support/program.ts';

const TOKEN = 'AAAAAAAAAAAAAAAAAAAAAMLheAAAAAAA0-a-made-up-token-of-an-app';

function secretsIn(env: Record<string, string>, ...argv: string[]): string[] {
  const parsed = parseConfig(argv, env);
  if (!('config' in parsed)) throw new Error(JSON.stringify(parsed));
  return secretsOf(parsed.config);
}

describe('the secrets of a configuration', () => {
  const withoutFlag = Object.values(OPTIONS).filter(({ flag }) => flag === undefined);

  test.each(withoutFlag.map(({ env }) => env))('include the value of %s', (env) => {
    // A NATS user needs a password, and the other way round.
    const both = env.startsWith('NATS_') && env !== 'NATS_TOKEN';
    const others: Record<string, string> = both
      ? { NATS_USER: 'a-user', NATS_PASSWORD: 'a-password' }
      : {};
    expect(secretsIn({ ...others, [env]: 'a-secret-value' })).toContain('a-secret-value');
  });

  test('include each of several tokens, and the password in an address', () => {
    const secrets = secretsIn(
      { AUTH_TOKENS: 'first-token,second-token', MASTODON_TOKEN: 'third-token,none' },
      ...['--bluesky-url', 'ws://me:pass%20word@127.0.0.1:1,ws://127.0.0.1:2'],
    );
    expect(secrets).toEqual(
      expect.arrayContaining([
        'first-token',
        'second-token',
        'third-token',
        'pass%20word',
        'pass word',
      ]),
    );
  });
});

describe('a program whose upstream repeats its token', () => {
  const repeated = {
    title: `Bearer ${TOKEN}`,
    detail: `token ${TOKEN} is ${'x'.repeat(90)}${TOKEN}`,
  };

  test.each([
    ['connecting', 'connects', 403],
    ['asking for rules', 'rules', 401],
    ['changing rules', 'rules', 503],
  ] as const)('does not pass it on when %s fails', async (_when, queue, status) => {
    const x = await startFakeX({ token: TOKEN });
    onTestFinished(() => x.close());
    x.faults[queue].push(...Array(20).fill({ status, body: { ...repeated, status } }));
    const program = startIn(
      { X_BEARER_TOKEN: TOKEN },
      ...['--port', '0', '--x-url', x.url, '--log-level', 'trace', '--state-dir', '/nowhere'],
    );
    let log = '';
    program.stdout.on('data', (chunk) => {
      log += chunk;
    });
    const exited = exitOf(program);
    const url = await listening(program);
    const client = await connectTrack(url.replace('http', 'ws'));
    client.send({ track: 'coffee' });
    const texts: string[] = [];
    while (!texts.at(-1)?.includes('reason')) {
      texts.push(await (await fetch(`${url}/ready`)).text());
    }
    texts.push(JSON.stringify(await post(url, StatusDocument, {})));
    program.kill('SIGTERM');
    const { errors } = await exited;
    for (const text of [log, errors, ...texts]) expect(text).not.toContain(TOKEN.slice(0, 16));
    expect(texts.at(-1)).toContain('[redacted]');
    expect(log).toContain('[redacted]');
  });
});

test('a secret that a client sends is redacted in the log', async () => {
  const program = startIn({ AUTH_TOKENS: 'a-token-of-ours' }, '--port', '0');
  let log = '';
  program.stdout.on('data', (chunk) => {
    log += chunk;
  });
  const exited = exitOf(program);
  const url = await listening(program);
  await fetch(`${url}/graphql`, { headers: { origin: 'https://a-token-of-ours.example' } });
  program.kill('SIGTERM');
  await exited;
  expect(log).toContain('rejected (origin): https://[redacted].example');
  expect(log).not.toContain('a-token-of-ours');
});

test('a secret in the error of a crash is redacted in the log and on standard error', async () => {
  const part =
    'process.on("SIGUSR2", () => { throw new Error("it said " + process.env.AUTH_TOKENS) })';
  const program = startNode(
    ['--import', `data:text/javascript,${encodeURIComponent(part)}`, MAIN, '--port', '0'],
    { AUTH_TOKENS: 'a-token-of-ours' },
  );
  await listening(program);
  const log = logged(program, /"level":60.*crashed/);
  program.kill('SIGUSR2');
  const { code, errors } = await exitOf(program);
  expect(code).toBe(1);
  for (const left of [await log, errors]) {
    expect(left).toContain('it said [redacted]');
    expect(left).not.toContain('a-token-of-ours');
  }
});
