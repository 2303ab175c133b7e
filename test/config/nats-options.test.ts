import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { tempFile } from '../support/temp-file.ts';

function mistakesOf(argv: readonly string[], env: Record<string, string> = {}) {
  const parsed = parseConfig(argv, env);
  return 'mistakes' in parsed ? parsed.mistakes : [];
}

test('a node runs alone without --nats', () => {
  expect(parseConfig([], {})).toMatchObject({
    config: { natsUrls: [], natsPrefix: 'senti', natsLease: 5 },
  });
});

test('all options for NATS are read', () => {
  const file = tempFile('secret.pem', '');
  const argv = `--nats nats://a:4222,tls://b --nats-prefix other --nats-lease 3
    --nats-tls-ca ${file} --nats-tls-cert ${file} --nats-tls-key ${file}`;
  const env = { NATS_USER: 'me', NATS_PASSWORD: 'secret' };
  expect(parseConfig(argv.trim().split(/\s+/), env)).toMatchObject({
    config: {
      natsUrls: ['nats://a:4222', 'tls://b'],
      natsPrefix: 'other',
      natsLease: 3,
      natsTlsCa: file,
      natsTlsCert: file,
      natsTlsKey: file,
      natsUser: 'me',
      natsPassword: 'secret',
    },
  });
});

test('a password in an address is rejected, and not repeated', () => {
  const [mistake] = mistakesOf(['--nats', 'nats://me:secret@a:4222']);
  expect(mistake).toBe(
    '--nats is "nats://…@a:4222". It must be a list of nats:// or tls:// addresses, without user or password.',
  );
});

test('options that need or exclude each other are named', () => {
  const file = tempFile('nats.creds', '');
  const mistakes = mistakesOf(
    ['--nats-prefix', 'a.b', '--nats-lease', '0', '--nats-tls-cert', file],
    { NATS_USER: 'me', NATS_TOKEN: 'secret', NATS_CREDS: file },
  );
  expect(mistakes).toEqual([
    '--nats-prefix is "a.b". It must be 1 to 32 letters, digits, - and _.',
    '--nats-lease is "0". It must be a whole number from 1 to 60.',
    '--nats-tls-cert needs --nats-tls-key. Set both or neither.',
    'NATS_USER needs NATS_PASSWORD. Set both or neither.',
    '--nats-creds, NATS_USER and NATS_TOKEN exclude each other. Set only one.',
  ]);
});

test('processes share a port only if they share a source', () => {
  expect(mistakesOf(['--reuse-port'])).toEqual([
    '--reuse-port needs --nats. Without it, each process on the port would read the source for itself.',
  ]);
  expect(mistakesOf(['--reuse-port', '--nats', 'x'])).toHaveLength(1);
});
