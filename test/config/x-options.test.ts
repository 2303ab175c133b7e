import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';

function read(argv: string[], env: Record<string, string> = {}) {
  const parsed = parseConfig(argv, env);
  return 'config' in parsed ? parsed.config : parsed;
}

const SECRET = 'AAAA%2Fsecret';

describe('the options of the X source', () => {
  test('make X the source once a token is set, unless another source is named', () => {
    expect(read([], { X_BEARER_TOKEN: SECRET })).toMatchObject({
      sources: ['x'],
      xBearerToken: SECRET,
    });
    expect(read(['--source', 'sample'], { X_BEARER_TOKEN: SECRET })).toMatchObject({
      sources: ['sample'],
    });
    expect(read([], { X_BEARER_TOKEN: SECRET, SOURCE: 'sample' })).toMatchObject({
      sources: ['sample'],
    });
    expect(read([])).toMatchObject({ sources: ['sample'] });
  });

  test('default to the limits of the plan that anybody can buy', () => {
    expect(read([])).toMatchObject({
      xUrl: 'https://api.x.com/2/',
      xMaxRules: 1000,
      xRuleLength: 1024,
      xDailyPosts: 10_000,
      xMonthlyPosts: 2_000_000,
    });
  });

  test('can be set by flag or variable', () => {
    const env = {
      X_MAX_RULES: '25',
      X_RULE_LENGTH: '512',
      X_DAILY_POSTS: 'none',
      X_URL: 'http://127.0.0.1:1/2',
    };
    const flags = [
      '--x-max-rules',
      '50',
      '--x-monthly-posts',
      '9',
      '--state-dir',
      '/var/lib/senti',
    ];
    expect(read(flags, env)).toMatchObject({
      xMonthlyPosts: 9,
      xMaxRules: 50,
      xRuleLength: 512,
      xDailyPosts: 'none',
      xUrl: 'http://127.0.0.1:1/2/',
      stateDir: '/var/lib/senti',
    });
  });

  test("keep state in the user's state folder", () => {
    expect(read([], { HOME: '/home/ann' })).toMatchObject({
      stateDir: '/home/ann/.local/state/senti',
    });
    expect(read([], { HOME: '/home/ann', XDG_STATE_HOME: '/state' })).toMatchObject({
      stateDir: '/state/senti',
    });
    expect(read([], { HOME: '/home/ann', XDG_STATE_HOME: 'relative' })).toMatchObject({
      stateDir: '/home/ann/.local/state/senti',
    });
    // As for a service that is started without HOME.
    expect(read([])).toMatchObject({ stateDir: join(userInfo().homedir, '.local/state/senti') });
  });

  test('need a folder for state only for X, and only where the user has no home', () => {
    const mistakes = (argv: string[], env: Record<string, string>) => {
      const parsed = parseConfig(argv, env, () => undefined);
      return 'mistakes' in parsed ? parsed.mistakes : [];
    };
    expect(mistakes([], { X_BEARER_TOKEN: SECRET })).toEqual([
      '--source x needs --state-dir. Name a folder for its counts, since this user has no home folder.',
    ]);
    expect(mistakes(['--state-dir', 'here'], { X_BEARER_TOKEN: SECRET })).toEqual([]);
    expect(mistakes([], { X_BEARER_TOKEN: SECRET, XDG_STATE_HOME: '/state' })).toEqual([]);
    expect(mistakes(['--source', 'bluesky'], {})).toEqual([]);
  });

  test.each(['http://api.x.example/2/', 'http://10.0.0.1:80/2', 'http://127.0.0.1.example/2/'])(
    'send no token without TLS beyond this machine: %s',
    (url) => {
      expect(read(['--x-url', url])).toEqual({
        mistakes: [
          `--x-url is "${url}". It must be an https:// address that ends in /2/, or for this machine an http:// one, such as http://127.0.0.1:8001/2/.`,
        ],
      });
    },
  );

  test.each(['https://x.example/2/', 'http://localhost:8001/2/', 'http://[::1]/2/'])(
    'name a stand-in: %s',
    (url) => {
      expect(read(['--x-url', url])).toMatchObject({ xUrl: url });
    },
  );

  test('list all mistakes at once, without repeating the token', () => {
    const mistakes = read(
      [
        '--x-url',
        'http://localhost',
        '--x-max-rules',
        '0',
        '--x-rule-length',
        '10',
        '--x-daily-posts',
        '-1',
      ],
      { X_BEARER_TOKEN: `${SECRET} and a space` },
    );
    expect(mistakes).toEqual({
      mistakes: [
        'X_BEARER_TOKEN is not valid. It must be a token without spaces, as X shows it.',
        '--x-url is "http://localhost". It must be an https:// address that ends in /2/, or for this machine an http:// one, such as http://127.0.0.1:8001/2/.',
        '--x-max-rules is "0". It must be a whole number from 1 to 100000.',
        '--x-rule-length is "10". It must be a whole number from 256 to 100000.',
        '--x-daily-posts is "-1". It must be a whole number from 1 to 1000000000, or none.',
      ],
    });
    expect(JSON.stringify(mistakes)).not.toContain(SECRET);
  });

  test('need a token for X, and do not repeat one from the command line', () => {
    expect(read(['--source', 'x'])).toEqual({
      mistakes: ['--source x needs X_BEARER_TOKEN. Set it to the Bearer token of your app.'],
    });
    expect(JSON.stringify(read(['--x-bearer-token', SECRET]))).not.toContain(SECRET);
  });
});
