import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { tempFile } from '../support/temp-file.ts';

function problemsOf(argv: readonly string[], env: Record<string, string> = {}) {
  const parsed = parseConfig(argv, env);
  return 'problems' in parsed ? parsed.problems : [];
}

test('without --nats, a node is alone', () => {
  expect(parseConfig([], {})).toMatchObject({
    config: { natsUrls: [], natsPrefix: 'senti', natsLease: 5 },
  });
});

test('the options for NATS are all read', () => {
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

test('a password in an address is refused, and not repeated', () => {
  const [problem] = problemsOf(['--nats', 'nats://me:secret@a:4222']);
  expect(problem).toBe(
    '--nats is "nats://…@a:4222"; it has to be a list of nats:// or tls:// addresses, without user or password.',
  );
});

test('what does not go together is named', () => {
  const file = tempFile('nats.creds', '');
  const problems = problemsOf(
    ['--nats-prefix', 'a.b', '--nats-lease', '0', '--nats-tls-cert', file],
    { NATS_USER: 'me', NATS_TOKEN: 'secret', NATS_CREDS: file },
  );
  expect(problems).toEqual([
    '--nats-prefix is "a.b"; it has to be 1 to 32 letters, digits, - and _.',
    '--nats-lease is "0"; it has to be a whole number from 1 to 60.',
    '--nats-tls-cert and --nats-tls-key need each other; name both, or neither.',
    'NATS_USER and NATS_PASSWORD need each other; set both, or neither.',
    'NATS_CREDS, NATS_USER and NATS_TOKEN are three ways to say who asks; set one.',
  ]);
});
