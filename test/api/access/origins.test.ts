import { describe, expect, test } from 'vitest';
import { createOriginCheck } from '../../../src/api/access/origins.ts';
import { isLoopback } from '../../../src/base/web-address.ts';

describe('an origin', () => {
  const check = createOriginCheck(['https://app.example.com'], 'senti.example');

  test.each([
    [undefined, 'senti.example:8000', true],
    ['https://app.example.com', 'senti.example:8000', true],
    ['http://senti.example:8000', 'senti.example:8000', true],
    ['http://192.168.1.5:8000', '192.168.1.5:8000', true],
    ['http://[fe80::1]:8000', '[fe80::1]:8000', true],
    ['http://127.9.9.9:1', 'senti.example:8000', true],
    ['http://192.168.1.6:8000', '192.168.1.5:8000', false],
    ['http://senti.example:8001', 'senti.example:8000', false],
    // DNS rebinding: a name whose owner pointed it at this server. The page is not ours.
    ['http://rebound.example:8000', 'rebound.example:8000', false],
    ['null', 'senti.example:8000', false],
    ['file://', 'senti.example:8000', false],
    ['nonsense', 'nonsense', false],
    ['', 'senti.example:8000', false],
  ])('%j at the host %j is allowed: %s', (origin, host, expected) => {
    expect(check({ origin, host })).toBe(expected);
  });
});

test.each([
  ['localhost', true],
  ['LOCALHOST', true],
  ['app.localhost', true],
  ['127.0.0.1', true],
  ['127.255.0.3', true],
  ['[::1]', true],
  ['127.evil.example', false],
  ['128.0.0.1', false],
  ['0.0.0.0', false],
])('%s is loopback: %s', (hostname, expected) => {
  expect(isLoopback(hostname)).toBe(expected);
});
