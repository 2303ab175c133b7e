import { describe, expect, test } from 'vitest';
import { LIMIT_OPTIONS } from '../../src/config/limit-options.ts';
import { NATS_OPTIONS } from '../../src/config/nats-options.ts';
import { OPTIONS } from '../../src/config/options.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { createCertificate, writeCertificate } from '../support/certificate.ts';
import { tempFile } from '../support/temp-file.ts';

function configOf(argv: readonly string[], env: Record<string, string> = {}) {
  const parsed = parseConfig(argv, env);
  if (!('config' in parsed)) throw new Error(JSON.stringify(parsed));
  return parsed.config;
}

function problemsOf(argv: readonly string[], env: Record<string, string> = {}) {
  const parsed = parseConfig(argv, env);
  return 'problems' in parsed ? parsed.problems : [];
}

/** The options of the X source, which has a test of its own. */
const X_DEFAULTS = {
  xToken: '',
  xUrl: expect.any(String),
  xMaxRules: expect.any(Number),
  xRuleLength: expect.any(Number),
  xDailyPosts: expect.any(Number),
  stateDir: expect.any(String),
};

/** Those of tokens, which have one too. */
const AUTH_DEFAULTS = { authTokens: [], authJwks: '', authIssuer: '', authAudience: '' };
/** Those for many nodes, which have one too. */
const NATS_DEFAULTS = Object.fromEntries(
  Object.entries(NATS_OPTIONS).map(([key, { fallback }]) => [key, fallback]),
);

/** So have the limits. */
const LIMITS = Object.fromEntries(
  Object.keys(LIMIT_OPTIONS).map((key) => [key, expect.anything()]),
);

describe('the options', () => {
  test('have defaults that need no key, no file and no network', () => {
    expect(configOf([])).toEqual({
      port: 8000,
      host: '127.0.0.1',
      source: 'sample',
      ...X_DEFAULTS,
      ...AUTH_DEFAULTS,
      ...LIMITS,
      ...NATS_DEFAULTS,
      file: '',
      rate: undefined,
      loop: false,
      blueskyUrls: [],
      languages: ['en'],
      profile: 'full',
      origins: [],
      tlsCert: '',
      tlsKey: '',
      graphiql: true,
      logLevel: 'info',
    });
  });

  test('can all be given as flags', () => {
    const file = tempFile('posts.ndjson', '');
    const { tlsCert, tlsKey } = writeCertificate(createCertificate('senti'));
    const argv = `--port 0 --host=::1 --source replay --file ${file} --rate 0.5 --loop
      --bluesky-url ws://localhost:1,wss://b.example/x
      --languages EN,pt-BR --profile original --origins https://a.example,http://b.example:81
      --tls-cert ${tlsCert} --tls-key ${tlsKey} --graphiql=false --log-level debug`;
    expect(configOf(argv.trim().split(/\s+/))).toEqual({
      ...X_DEFAULTS,
      ...AUTH_DEFAULTS,
      ...LIMITS,
      ...NATS_DEFAULTS,
      port: 0,
      host: '::1',
      source: 'replay',
      file,
      rate: 0.5,
      loop: true,
      blueskyUrls: ['ws://localhost:1', 'wss://b.example/x'],
      languages: ['en', 'pt-br'],
      profile: 'original',
      origins: ['https://a.example', 'http://b.example:81'],
      tlsCert,
      tlsKey,
      graphiql: false,
      logLevel: 'debug',
    });
  });

  test('can all be given as environment variables, and a flag wins', () => {
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
      LOG_LEVEL: 'warn',
    };
    expect(configOf([], env)).toEqual({
      ...X_DEFAULTS,
      ...AUTH_DEFAULTS,
      ...LIMITS,
      ...NATS_DEFAULTS,
      port: 1,
      host: 'localhost',
      source: 'replay',
      file,
      rate: 'max',
      loop: true,
      blueskyUrls: ['ws://localhost:2'],
      languages: 'any',
      profile: 'original',
      origins: ['https://a.example'],
      tlsCert,
      tlsKey,
      graphiql: false,
      logLevel: 'warn',
    });
    expect(configOf(['--port', '2', '--loop=false'], env)).toMatchObject({ port: 2, loop: false });
    expect(configOf([], { PORT: '', SOURCE: '' })).toMatchObject({ port: 8000, source: 'sample' });
  });

  test('that are wrong are named all at once, each with what would be right', () => {
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
    expect(problemsOf(argv, { PROFILE: 'best', LANGUAGES: 'any,en', REPLAY_LOOP: '2' })).toEqual([
      '--prot is no option; did you mean --port?',
      '"stray" is not an option; options begin with --.',
      '--host needs a value.',
      '--port is "65536"; it has to be a whole number from 0 to 65535.',
      '--source is "y"; it has to be one of sample, bluesky, replay, x.',
      '--rate is "0"; it has to be a number above 0, or max.',
      'REPLAY_LOOP is "2"; it has to be true or false.',
      '--bluesky-url is "http://x"; it has to be a list of ws:// or wss:// addresses.',
      'LANGUAGES is "any,en"; it has to be a list of languages, such as en,de, or any.',
      'PROFILE is "best"; it has to be one of full, original.',
    ]);
  });

  test.each([[['--bogus', 'x']], [['--votes', 'x']], [['-p', '1']]])(
    '%j is refused as unknown, not ignored',
    (argv) => {
      expect(problemsOf(argv)[0]).toMatch(/is no option; see --help\.$/);
    },
  );

  test.each([
    ['--soruce', '--source'],
    ['--log-levle', '--log-level'],
    ['--Port', '--port'],
    ['--lang', '--languages'],
    ['--blusky-url', '--bluesky-url'],
  ])('%s gets %s suggested', (typed, meant) => {
    expect(problemsOf([typed, 'x'])).toEqual([`${typed} is no option; did you mean ${meant}?`]);
  });

  test('ask for a file to replay, and that it can be read', () => {
    expect(problemsOf(['--source', 'replay'])).toEqual([
      '--source replay plays a file; name it with --file or REPLAY_FILE.',
    ]);
    expect(problemsOf(['--source', 'replay', '--file', '/nowhere/x'])).toEqual([
      expect.stringMatching(
        /^--file is "\/nowhere\/x"; it has to be a file that can be read \(ENOENT/,
      ),
    ]);
    expect(problemsOf(['--source', 'replay', '--file', '/'])).toEqual([
      '--file is "/"; it has to be a file, not a folder, pipe or device.',
    ]);
  });

  test('are all shown by --help', () => {
    const parsed = parseConfig(['--help', '--nonsense'], {});
    const help = 'help' in parsed ? parsed.help : '';
    for (const { flag, env } of Object.values(OPTIONS)) {
      if (flag) expect(help).toContain(`--${flag}`);
      expect(help).toContain(env);
    }
    expect(help).toContain('8000 by default');
    expect(help).toContain('npm start -- --source bluesky');
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});
