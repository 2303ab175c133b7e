import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { tempFile } from '../support/temp-file.ts';

const KEYS = { keys: [{ kty: 'EC', crv: 'P-256', kid: 'one', x: 'AA', y: 'AA' }] };
const WHOSE = ['--auth-issuer', 'https://id.example/', '--auth-audience', 'senti'];

function parse(argv: readonly string[], env: Record<string, string> = {}) {
  const parsed = parseConfig(argv, env);
  if ('help' in parsed) throw new Error('that was no call for help');
  return parsed;
}

describe('AUTH_TOKENS', () => {
  test('is a comma list', () => {
    expect(parse([], { AUTH_TOKENS: 'abcdefgh, A-Z.a_z~0+9/==' })).toMatchObject({
      config: { authTokens: ['abcdefgh', 'A-Z.a_z~0+9/=='] },
    });
  });

  test.each(['short12', ' ', ',', 'abcdefgh,', 'abcdefgh,,ijklmnop', 'two words', 'ümläut-ß'])(
    'is refused as %j, and not shown',
    (text) => {
      expect(parse([], { AUTH_TOKENS: text })).toEqual({
        problems: [
          'AUTH_TOKENS cannot be used; it has to be a comma list of tokens, each of 8 characters or more ' +
            'out of A-Z a-z 0-9 - . _ ~ + / (openssl rand -hex 32 makes one).',
        ],
      });
    },
  );

  test('cannot stand on a command line, where everybody could read it, and is not shown if it does', () => {
    expect(parse(['--auth-tokens', 'a-secret-token'])).toEqual({
      problems: [expect.not.stringContaining('a-secret-token')],
    });
  });
});

test('what was meant for the environment is not shown when it stands on the command line', () => {
  expect(parse(['AUTH_TOKENS=a-secret-token'])).toEqual({
    problems: ['"AUTH_TOKENS=…" is not an option; options begin with --.'],
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
      problems: [expect.stringContaining('without user or password')],
    });
    expect(JSON.stringify(parsed)).not.toMatch(/hid/);
  });

  test('takes an address', () => {
    expect(parse(['--auth-jwks', 'https://id.example/jwks.json', ...WHOSE])).toMatchObject({
      config: {
        authJwks: new URL('https://id.example/jwks.json'),
        authIssuer: 'https://id.example/',
        authAudience: 'senti',
      },
    });
  });

  test('takes a file, and reads it', () => {
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
    'says what a file with %j should have been',
    (content) => {
      const path = tempFile('jwks.json', content);
      expect(parse(['--auth-jwks', path, ...WHOSE])).toEqual({
        problems: [`--auth-jwks is "${path}"; it has to be a JSON Web Key Set: {"keys": […]}.`],
      });
    },
  );

  test.each([
    ['/nowhere/jwks.json', 'a file that can be read (ENOENT'],
    ['https://[/', 'an address that begins with https://'],
    ['ftp://id.example/jwks.json', 'a file that can be read (ENOENT'],
  ])('says what is wrong with %s', (text, problem) => {
    expect(parse(['--auth-jwks', text, ...WHOSE])).toEqual({
      problems: [expect.stringContaining(`--auth-jwks is "${text}"; it has to be ${problem}`)],
    });
  });

  test.each([0, 2])('has to come with issuer and audience', (from) => {
    const one = WHOSE.slice(from, from + 2);
    for (const whose of [one, []]) {
      expect(parse(['--auth-jwks', 'https://id.example/jwks.json', ...whose])).toEqual({
        problems: [
          '--auth-jwks needs --auth-issuer and --auth-audience: whose JWTs, and meant for whom.',
        ],
      });
    }
    expect(parse(one)).toEqual({
      problems: [
        '--auth-issuer and --auth-audience need --auth-jwks: the keys to check JWTs with.',
      ],
    });
  });
});
