import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { tempFile } from '../support/temp-file.ts';

const KEYS = { keys: [{ kty: 'EC', crv: 'P-256', kid: 'one', x: 'AA', y: 'AA' }] };
const WHOSE = ['--auth-issuer', 'https://id.example/', '--auth-audience', 'senti'];

function parse(argv: readonly string[], env: Record<string, string> = {}) {
  const parsed = parseConfig(argv, env);
  if ('help' in parsed) throw new Error('unexpected help page');
  return parsed;
}

describe('AUTH_TOKENS', () => {
  test('is a comma list', () => {
    expect(parse([], { AUTH_TOKENS: 'abcdefgh, A-Z.a_z~0+9/==' })).toMatchObject({
      config: { authTokens: ['abcdefgh', 'A-Z.a_z~0+9/=='] },
    });
  });

  test.each(['short12', ' ', ',', 'abcdefgh,', 'abcdefgh,,ijklmnop', 'two words', 'ümläut-ß'])(
    'is rejected as %j, and not shown',
    (text) => {
      expect(parse([], { AUTH_TOKENS: text })).toEqual({
        mistakes: [
          'AUTH_TOKENS is not valid. It must be a comma list of tokens, each of at least 8 characters ' +
            'out of A-Z a-z 0-9 - . _ ~ + / (openssl rand -hex 32 makes one).',
        ],
      });
    },
  );

  test('is rejected on a command line, where other users could read it, and not shown', () => {
    expect(parse(['--auth-tokens', 'a-secret-token'])).toEqual({
      mistakes: [expect.not.stringContaining('a-secret-token')],
    });
  });
});

test('the value of a variable is not shown when it stands on the command line', () => {
  expect(parse(['AUTH_TOKENS=a-secret-token'])).toEqual({
    mistakes: ['"AUTH_TOKENS=…" is not an option. Options begin with --.'],
  });
});

describe('--auth-jwks', () => {
  test.each([
    'https://me:hidden@id.example/jwks',
    'https://me:hid/den@id.example/jwks',
    'https://hidden@id.example/',
  ])('is rejected with a user or password in its address, which is not shown: %s', (address) => {
    const parsed = parse(['--auth-jwks', address, ...WHOSE]);
    expect(parsed).toEqual({
      mistakes: [expect.stringContaining('without user or password')],
    });
    expect(JSON.stringify(parsed)).not.toMatch(/hid/);
  });

  test.each(['http://127.0.0.1:8080/jwks', 'http://[::1]/jwks', 'HTTP://LOCALHOST/jwks'])(
    'takes an address of this machine without TLS: %s',
    (address) => {
      expect(parse(['--auth-jwks', address, ...WHOSE])).toMatchObject({
        config: { authJwks: new URL(address) },
      });
    },
  );

  test.each(['http://id.example/jwks', 'HTTP://10.0.0.1/', 'http://127.0.0.1.example/'])(
    'rejects another address without TLS, where anybody on the way could replace the keys: %s',
    (address) => {
      expect(parse(['--auth-jwks', address, ...WHOSE])).toEqual({
        mistakes: [
          `--auth-jwks is "${address}". It must be an address that begins with https://, or http:// for this machine, without user or password.`,
        ],
      });
    },
  );

  test('takes an address', () => {
    expect(parse(['--auth-jwks', 'https://id.example/jwks.json', ...WHOSE])).toMatchObject({
      config: {
        authJwks: new URL('https://id.example/jwks.json'),
        authIssuer: 'https://id.example/',
        authAudience: 'senti',
      },
    });
  });

  test('reads a file', () => {
    const env = {
      AUTH_JWKS: tempFile('jwks.json', JSON.stringify(KEYS)),
      AUTH_ISSUER: 'i',
      AUTH_AUDIENCE: 'a',
    };
    expect(parse([], env)).toMatchObject({
      config: { authJwks: KEYS, authIssuer: 'i', authAudience: 'a' },
    });
  });

  test.each(['', '{', '{}', '[]', '{"keys": {}}', '{"keys": [1]}'])(
    'rejects a file with %j, and says what it must be',
    (content) => {
      const path = tempFile('jwks.json', content);
      expect(parse(['--auth-jwks', path, ...WHOSE])).toEqual({
        mistakes: [`--auth-jwks is "${path}". It must be a JSON Web Key Set: {"keys": […]}.`],
      });
    },
  );

  test.each([
    ['/nowhere/jwks.json', 'a file that can be read (ENOENT'],
    ['https://[/', 'an address that begins with https://'],
    ['ftp://id.example/jwks.json', 'a file that can be read (ENOENT'],
  ])('rejects %s, and says what it must be', (text, problem) => {
    expect(parse(['--auth-jwks', text, ...WHOSE])).toEqual({
      mistakes: [expect.stringContaining(`--auth-jwks is "${text}". It must be ${problem}`)],
    });
  });

  test.each([0, 2])('needs issuer and audience, and they need it', (from) => {
    const one = WHOSE.slice(from, from + 2);
    const others = ['--auth-issuer', '--auth-audience'].filter((flag) => flag !== one[0]);
    const jwks = ['--auth-jwks', 'https://id.example/jwks.json'];
    expect(parse(jwks)).toEqual({
      mistakes: ['--auth-jwks needs --auth-issuer and --auth-audience. Set all or none.'],
    });
    expect(parse([...jwks, ...one])).toEqual({
      mistakes: [`--auth-jwks and ${one[0]} need ${others}. Set all or none.`],
    });
    expect(parse(one)).toEqual({
      mistakes: [`${one[0]} needs --auth-jwks and ${others}. Set all or none.`],
    });
  });
});
