import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LIMIT_OPTIONS } from '../../src/config/limit-options.ts';
import { parseConfig } from '../../src/config/parse.ts';

function read(...argv: readonly string[]) {
  const parsed = parseConfig(argv, {});
  return 'config' in parsed ? parsed.config : parsed;
}

describe('the limits', () => {
  test('are these by default', () => {
    expect(read()).toMatchObject({
      maxMessageBytes: 65_536,
      maxMessagesPerSecond: 100,
      maxQueryTokens: 1000,
      maxQueryDepth: 8,
      maxQueryAliases: 15,
      maxQueryDirectives: 30,
      maxQueryFields: 100,
      maxRootFields: 8,
      introspection: true,
      maxSubscriptions: 32,
      maxTracks: 10_000,
      maxSockets: 20_000,
      maxSocketsPerAddress: 100,
      maxAttempts: 1000,
      maxAttemptsPerAddress: 20,
      maxWorkPerSecond: 200_000,
      maxWorkPerAddress: 500_000,
      trustProxy: [],
      initTimeout: 3,
      requestTimeout: 10,
    });
  });

  test('can be taken away, but not those that every message is held in', () => {
    const limits = Object.values(LIMIT_OPTIONS).filter(({ value }) => value === 'NUMBER');
    expect(limits.length).toBe(15);
    for (const { flag } of limits) expect(read(`--${flag}`, 'none')).not.toHaveProperty('problems');
    expect(read('--max-tracks', 'none')).toMatchObject({ maxTracks: Number.POSITIVE_INFINITY });
    expect(read('--max-tracks', '0', '--max-message-bytes', 'none')).toEqual({
      problems: [
        '--max-message-bytes is "none"; it has to be a whole number from 1024 to 16777216.',
        '--max-tracks is "0"; it has to be a whole number from 1 to 1000000000, or none.',
      ],
    });
  });

  test.each(['127.0.0.1', '10.0.0.0/8, ::1', 'fd00::/8'])('trust the proxies %s', (list) => {
    expect(read('--trust-proxy', list)).toMatchObject({ trustProxy: list.split(', ') });
  });

  test.each(['true', '10.0.0.0/33', '10.0.0.0/8/8', 'localhost', 'fd00::/129', ','])(
    'trust no proxy called %j',
    (list) => {
      expect(read('--trust-proxy', list)).toHaveProperty('problems');
    },
  );

  test('each have a row in the table of options, with their defaults', () => {
    const readme = readFileSync(new URL('../../src/config/README.md', import.meta.url), 'utf8');
    for (const { flag, env, fallback } of Object.values(LIMIT_OPTIONS)) {
      const row = readme
        .split('\n')
        .find((line) => line.startsWith(`| \`--${flag}\` | \`${env}\``));
      const shown = { true: 'on' }[String(fallback)] ?? String(fallback);
      expect(row?.split('|')[3]?.trim()).toBe(shown);
    }
  });
});
