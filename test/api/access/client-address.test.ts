import { describe, expect, test } from 'vitest';
import { Addresses, canonical, countedBy } from '../../../src/api/access/client-address.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::1', '::1'],
  ['192.0.2.01', undefined],
  ['192.0.2.1:80', undefined],
  ['example.com', undefined],
  ['', undefined],
])('the canonical form of the address %j is %j', (text, expected) => {
  expect(canonical(text)).toBe(expected);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8:1::5', '2001:db8:1:0::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
])('the address %s counts as %s', (address, expected) => {
  expect(countedBy(address)).toBe(expected);
});

describe('the client of a proxy', () => {
  const addresses = new Addresses(['127.0.0.1', '10.0.0.0/8', 'fd00::/8']);

  test.each([
    ['198.51.100.7', '198.51.100.7'],
    ['198.51.100.7, 10.1.2.3', '198.51.100.7'],
    ['198.51.100.7, 10.1.2.3, fd00::5, 127.0.0.1', '198.51.100.7'],
    ['198.51.100.7:1234', '198.51.100.7'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
  ])('is read from the header %j', (header, client) => {
    expect(addresses.forwardedFor(header)).toBe(client);
  });

  test('is never the address that the client itself sent', () => {
    expect(addresses.forwardedFor('127.0.0.1, 198.51.100.7')).toBe('198.51.100.7');
    expect(addresses.forwardedFor('10.0.0.1, 198.51.100.7, 10.1.2.3')).toBe('198.51.100.7');
    expect(addresses.forwardedFor('198.51.100.1, nonsense, 10.1.2.3')).toBe('10.1.2.3');
  });

  test.each([undefined, '', 'unknown', '198.51.100.7, nonsense'])(
    'is unknown for the header %j',
    (header) => {
      expect(addresses.forwardedFor(header)).toBeUndefined();
    },
  );
});
