import { describe, expect, test } from 'vitest';
import { OPTIONS } from '../../src/config/options.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { createCertificate, writeCertificate } from '../support/certificate.ts';
import { tempFile } from '../support/temp-file.ts';

function configOf(argv: readonly string[], env: Record<string, string> = {}) {
  const parsed = parseConfig(argv, env);
  if (!('config' in parsed)) throw new Error(JSON.stringify(parsed));
  return parsed.config;
}

function mistakesOf(argv: readonly string[], env: Record<string, string> = {}) {
  const parsed = parseConfig(argv, env);
  return 'mistakes' in parsed ? parsed.mistakes : [];
}

/** What each option is when it is not set. */
const UNSET = {
  ...Object.fromEntries(Object.entries(OPTIONS).map(([key, { fallback }]) => [key, fallback])),
  stateDir: expect.any(String),
};

test('--version prints the version of package.json', () => {
  expect(parseConfig(['--version'], {})).toEqual({
    help: expect.stringMatching(/^Senti \d+\.\d+\.\d+\n$/),
  });
});

test.each([
  [['--file'], {}],
  [['--source', 'bluesky', '--file'], {}],
  [['--file'], { X_BEARER_TOKEN: 'token' }],
])('%s without --source replay is a mistake', (argv, env) => {
  expect(mistakesOf([...argv, tempFile('posts.ndjson', '')], env)).toEqual([
    '--file needs --source replay. Add --source replay, or omit --file and REPLAY_FILE.',
  ]);
});

describe('the options', () => {
  test('have defaults that need no key, no file and no network', () => {
    expect(configOf([])).toEqual({
      ...UNSET,
      port: 8000,
      host: '127.0.0.1',
      sources: ['sample'],
      xBearerToken: '',
      authTokens: [],
      authJwks: '',
      natsUrls: [],
      file: '',
      rate: undefined,
      loop: false,
      blueskyUrl: [],
      languages: ['en'],
      profile: 'full',
      origins: [],
      tlsCert: undefined,
      tlsKey: undefined,
      graphiql: true,
      maxWriteDelay: 25,
      logLevel: 'info',
    });
  });

  test('can be set by flags', () => {
    const file = tempFile('posts.ndjson', '');
    const { tlsCert, tlsKey } = writeCertificate(createCertificate('senti'));
    const argv = `--port 0 --host=::1 --source replay --file ${file} --rate 0.5 --loop
      --bluesky-url ws://localhost:1,wss://b.example/x
      --languages EN,pt-BR --profile original --origins https://a.example,http://b.example:81
      --tls-cert ${tlsCert} --tls-key ${tlsKey} --graphiql=false --max-write-delay 0
      --log-level debug`;
    expect(configOf(argv.trim().split(/\s+/))).toEqual({
      ...UNSET,
      port: 0,
      host: '::1',
      sources: ['replay'],
      file,
      rate: 0.5,
      loop: true,
      blueskyUrl: ['ws://localhost:1', 'wss://b.example/x'],
      languages: ['en', 'pt-br'],
      profile: 'original',
      origins: ['https://a.example', 'http://b.example:81'],
      tlsCert: expect.objectContaining({ path: tlsCert }),
      tlsKey: expect.objectContaining({ path: tlsKey }),
      graphiql: false,
      maxWriteDelay: 0,
      logLevel: 'debug',
    });
  });

  test('can be set by environment variables, and a flag wins', () => {
    const file = tempFile('posts.ndjson', '');
    const { tlsCert, tlsKey } = writeCertificate(createCertificate('senti'));
    const env = {
      PORT: '1',
      HOST: 'localhost',
      SOURCE: 'replay',
      REPLAY_FILE: file,
      REPLAY_RATE: 'max',
      REPLAY_LOOP: 'yes',
      BLUESKY_URL: 'ws://localhost:2',
      LANGUAGES: 'any',
      PROFILE: 'original',
      ALLOWED_ORIGINS: 'https://a.example',
      TLS_CERT: tlsCert,
      TLS_KEY: tlsKey,
      GRAPHIQL: 'off',
      MAX_WRITE_DELAY: '10',
      LOG_LEVEL: 'warn',
    };
    expect(configOf([], env)).toEqual({
      ...UNSET,
      port: 1,
      host: 'localhost',
      sources: ['replay'],
      file,
      rate: 'max',
      loop: true,
      blueskyUrl: ['ws://localhost:2'],
      languages: 'any',
      profile: 'original',
      origins: ['https://a.example'],
      tlsCert: expect.objectContaining({ path: tlsCert }),
      tlsKey: expect.objectContaining({ path: tlsKey }),
      graphiql: false,
      maxWriteDelay: 10,
      logLevel: 'warn',
    });
    expect(configOf(['--port', '2', '--loop=false'], env)).toMatchObject({ port: 2, loop: false });
    expect(configOf([], { PORT: '', SOURCE: '' })).toMatchObject({
      port: 8000,
      sources: ['sample'],
    });
  });

  test('quote no more than the beginning of a long value', () => {
    const [mistake = ''] = mistakesOf(['--port', '1'.repeat(100_000)], {});
    expect(mistake).toBe(
      `--port is "${'1'.repeat(200)}…". It must be a whole number from 0 to 65535.`,
    );
  });

  test('list all mistakes at once, each with the values that are allowed', () => {
    const argv = [
      '--port',
      '65536',
      '--prot',
      '1',
      '--source=y',
      '--rate',
      '0',
      '--bluesky-url',
      'http://x',
      'stray',
      '--host',
    ];
    expect(mistakesOf(argv, { PROFILE: 'best', LANGUAGES: 'any,en', REPLAY_LOOP: '2' })).toEqual([
      'Unknown option --prot. Did you mean --port?',
      '"stray" is not an option. Options begin with --.',
      '--host needs a value. Write --host ADDRESS.',
      '--port is "65536". It must be a whole number from 0 to 65535.',
      '--source is "y". It must be one of sample, bluesky, mastodon, replay, x, or a comma list of several different ones.',
      '--rate is "0". It must be a number above 0, or max.',
      'REPLAY_LOOP is "2". It must be true or false.',
      '--bluesky-url is "http://x". It must be a list of ws:// or wss:// addresses.',
      'LANGUAGES is "any,en". It must be a list of language codes, such as en,de, or any.',
      'PROFILE is "best". It must be one of full, original.',
    ]);
  });

  test.each([[['--bogus', 'x']], [['--votes', 'x']], [['-p', '1']]])(
    '%j is rejected as unknown',
    (argv) => {
      expect(mistakesOf(argv)[0]).toMatch(/^Unknown option .*\. List all options with --help\.$/);
    },
  );

  test.each([
    ['--soruce', '--source'],
    ['--log-levle', '--log-level'],
    ['--Port', '--port'],
    ['--lang', '--languages'],
    ['--verison', '--version'],
    ['--blusky-url', '--bluesky-url'],
  ])('%s gets %s suggested', (typed, meant) => {
    expect(mistakesOf([typed, 'x'])).toEqual([`Unknown option ${typed}. Did you mean ${meant}?`]);
  });

  test('can be given once, unless they may be repeated', () => {
    const argv = ['--port', '1', '--loop', '--port=1', '--port', 'x', '--loop=false'];
    expect(mistakesOf([...argv, '--source', 'bluesky', '--source', 'x'])).toEqual([
      '--port is given more than once. Give it once.',
      '--loop is given more than once. Give it once.',
      '--source is given more than once. Give it once, with a comma list.',
      '--port is "x". It must be a whole number from 0 to 65535.',
      '--source x needs X_BEARER_TOKEN. Set it to the Bearer token of your app.',
    ]);
    const follow = ['--follow', 'coffee', '--follow', 'tea'];
    expect(configOf(follow).follow.map(({ canonical }) => canonical)).toEqual(['coffee', 'tea']);
    expect(configOf(['--port', '1'], { PORT: '2' }).port).toBe(1);
  });

  test('say how to give a secret, or a value to a switch', () => {
    expect(mistakesOf(['--x-bearer-token', 'secret', '--AUTH_TOKENS=secret'])).toEqual([
      'Unknown option --x-bearer-token. Set X_BEARER_TOKEN in the environment: other users can read a command line.',
      'Unknown option --AUTH_TOKENS. Set AUTH_TOKENS in the environment: other users can read a command line.',
    ]);
    expect(
      mistakesOf(['--graphiql', 'false', 'off', '--no-loop', '--no-port', '--loop', 'x']),
    ).toEqual([
      '"false" is not an option. Write --graphiql=false.',
      '"off" is not an option. Options begin with --.',
      'Unknown option --no-loop. Write --loop=false.',
      'Unknown option --no-port. List all options with --help.',
      '"x" is not an option. Options begin with --.',
    ]);
  });

  test.each(['--history', '--state-dir', '--file', '--documents'])(
    '%s with nothing is a mistake, such as a variable that is not set',
    (flag) => {
      expect(mistakesOf([flag, ''])[0]).toMatch(new RegExp(`^${flag} is ""\\. It must be a `));
    },
  );

  test('allow several different sources, but none beside made-up posts', () => {
    expect(configOf(['--source', 'bluesky,x'], { X_BEARER_TOKEN: 'a-token' })).toMatchObject({
      sources: ['bluesky', 'x'],
    });
    expect(mistakesOf(['--source', 'bluesky,x,replay'])).toEqual([
      '--source x needs X_BEARER_TOKEN. Set it to the Bearer token of your app.',
      '--source replay needs --file. Name the file to play with --file or REPLAY_FILE.',
    ]);
    for (const wrong of ['bluesky,bluesky', 'bluesky,', 'bluesky,y']) {
      expect(mistakesOf(['--source', wrong])).toEqual([
        `--source is "${wrong}". It must be one of sample, bluesky, mastodon, replay, x, or a comma list of several different ones.`,
      ]);
    }
    expect(mistakesOf([], { SOURCE: 'sample, bluesky' })).toEqual([
      '--source sample makes posts up, so it cannot be mixed with others. Name sample alone, or omit it.',
    ]);
  });

  test('ask for a readable file to replay', () => {
    expect(mistakesOf(['--source', 'replay'])).toEqual([
      '--source replay needs --file. Name the file to play with --file or REPLAY_FILE.',
    ]);
    expect(mistakesOf(['--source', 'replay', '--file', '/nowhere/x'])).toEqual([
      expect.stringMatching(
        /^--file is "\/nowhere\/x". It must be a file that can be read \(ENOENT/,
      ),
    ]);
    expect(mistakesOf(['--source', 'replay', '--file', '/'])).toEqual([
      '--file is "/". It must be a file, not a folder, pipe or device.',
    ]);
  });
});
