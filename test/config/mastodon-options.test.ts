import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';

const URLS = 'https://a.example,wss://streaming.b.example/api/v1/streaming?stream=public:local';
const TOKEN = 'a-token-of-a-person';

function read(argv: string[], env: Record<string, string> = {}) {
  const parsed = parseConfig(['--source', 'mastodon', ...argv], env);
  return 'config' in parsed ? parsed.config : parsed;
}

describe('the options of the Mastodon source', () => {
  test('name instances, and a token for each', () => {
    expect(read(['--mastodon-url', URLS], { MASTODON_TOKEN: `${TOKEN},none` })).toMatchObject({
      sources: ['mastodon'],
      mastodonUrl: URLS.split(','),
      mastodonToken: [TOKEN, ''],
    });
    expect(read([], { MASTODON_URL: 'https://a.example' })).toMatchObject({
      mastodonUrl: ['https://a.example'],
      mastodonToken: [],
    });
    expect(read(['--mastodon-url', 'http://127.0.0.1:1,ws://localhost:2'])).toMatchObject({
      mastodonUrl: ['http://127.0.0.1:1', 'ws://localhost:2'],
    });
  });

  test.each([
    [[], {}, /^--source mastodon needs --mastodon-url\. Name an instance/],
    [[], { MASTODON_URL: 'a.example' }, /^MASTODON_URL is "a\.example"\. It must be a list of/],
    [
      ['--mastodon-url', 'https://a.example/?access_token=x'],
      {},
      /without user, password or token/,
    ],
    [
      ['--mastodon-url', 'http://a.example'],
      {},
      /; http:\/\/ and ws:\/\/ are for this machine only/,
    ],
    [['--mastodon-url', 'https://a.example,ws://10.0.0.1'], {}, /are for this machine only/],
    [['--mastodon-url', 'https://me:secret@a.example'], {}, /is "https:\/\/…@a\.example"/],
    [
      ...[['--mastodon-url', 'https://a.example'], { MASTODON_TOKEN: 'short' }],
      /^MASTODON_TOKEN is not valid\. It must be .* each of at least 8 characters out of /,
    ],
    [
      ...[['--mastodon-url', URLS], { MASTODON_TOKEN: TOKEN }],
      /^MASTODON_TOKEN has 1 and --mastodon-url has 2\. Give one token for each instance/,
    ],
  ] as [string[], Record<string, string>, RegExp][])(
    '%j with %j is a mistake',
    (argv, env, why) => {
      const mistakes = read(argv, env);
      expect(mistakes).toEqual({ mistakes: [expect.stringMatching(why)] });
      expect(JSON.stringify(mistakes)).not.toContain(TOKEN);
      expect(JSON.stringify(mistakes)).not.toContain('secret');
    },
  );
});
