import { describe, expect, test } from 'vitest';
import { OPTIONS } from '../../src/config/options.ts';
import { parseConfig } from '../../src/config/parse.ts';

function read(...argv: readonly string[]) {
  const parsed = parseConfig(argv, {});
  return 'config' in parsed ? parsed.config : parsed;
}

describe('the limits', () => {
  test('have these defaults', () => {
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
      maxHistoryBuckets: 1500,
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

  test('can be removed with none, except for the size of a message', () => {
    const limits = Object.values(OPTIONS).filter(
      ({ flag, label }) => flag?.startsWith('max-') && label === 'NUMBER|none',
    );
    expect(limits.length).toBe(16);
    for (const { flag } of limits) expect(read(`--${flag}`, 'none')).not.toHaveProperty('mistakes');
    expect(read('--max-tracks', 'none')).toMatchObject({ maxTracks: Number.POSITIVE_INFINITY });
    expect(read('--max-tracks', '0', '--max-message-bytes', 'none')).toEqual({
      mistakes: [
        '--max-message-bytes is "none". It must be a whole number from 1024 to 16777216.',
        '--max-tracks is "0". It must be a whole number from 1 to 1000000000, or none.',
      ],
    });
  });

  test.each(['127.0.0.1', '10.0.0.0/8, ::1', 'fd00::/8'])('take the trusted proxies %s', (list) => {
    expect(read('--trust-proxy', list)).toMatchObject({ trustProxy: list.split(', ') });
  });

  test.each(['true', '10.0.0.0/33', '10.0.0.0/8/8', 'localhost', 'fd00::/129', ','])(
    'reject %j as a trusted proxy',
    (list) => {
      expect(read('--trust-proxy', list)).toHaveProperty('mistakes');
    },
  );
});
