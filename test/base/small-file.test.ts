import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FileProblem, MAX_FILE_BYTES, readSmallFile } from '../../src/base/small-file.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { NO_FILES, tempFile, tempFolder } from '../support/temp-file.ts';

const KIB = 1024;

describe('a small file', () => {
  test.each([0, 1, 3 * KIB, 4 * KIB])('of %d bytes is read whole', (bytes) => {
    const content = Buffer.alloc(bytes, 7);
    expect(readSmallFile(tempFile('a', content), 4 * KIB)).toEqual(content);
  });

  test('is rejected when it is a byte too long', () => {
    expect(readSmallFile(tempFile('a', Buffer.alloc(4 * KIB + 1)), 4 * KIB)).toEqual(
      new FileProblem('a file of at most 4 KiB'),
    );
  });

  test('is read through links, and even if its size is given as 0', () => {
    const link = join(tempFolder(), 'link');
    symlinkSync('/proc/self/status', link);
    expect(String(readSmallFile(link, MAX_FILE_BYTES))).toContain('VmRSS');
  });

  test('that does not exist gives the error of the system', () => {
    const path = join(tempFolder(), 'none');
    expect(readSmallFile(path, KIB)).toMatchObject({
      expected: expect.stringContaining('ENOENT'),
      error: { code: 'ENOENT' },
    });
  });

  test.each(Object.entries(NO_FILES))('is rejected at once when it is %s', (_, make) => {
    const path = join(tempFolder(), 'it');
    make(path);
    expect(readSmallFile(path, KIB)).toEqual(
      new FileProblem(expect.stringMatching(/^a file(, not a folder, pipe or device| of at most)/)),
    );
  });
});

describe('an option that names a file', () => {
  test.each(['tls-cert', 'tls-key', 'auth-jwks', 'nats-creds', 'nats-tls-ca', 'nats-tls-key'])(
    '--%s is rejected at once when it names something else, or a file that is too long',
    (flag) => {
      const folder = tempFolder();
      for (const [n, make] of Object.values(NO_FILES).entries()) {
        mkdirSync(join(folder, String(n)));
        const path = join(folder, String(n), 'it');
        make(path);
        const parsed = parseConfig([`--${flag}`, path], {});
        expect('mistakes' in parsed && parsed.mistakes).toContainEqual(
          expect.stringMatching(
            new RegExp(`^--${flag} is "${path}". It must be a file(,| of at most)`),
          ),
        );
      }
    },
  );

  test('--auth-jwks takes what is in it, however deep the rest of it is', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const path = tempFile('keys.json', `{"keys":[{"kty":"EC","kid":"one","x":${deep}}]}`);
    const whose = ['--auth-issuer', 'https://id.example/', '--auth-audience', 'senti'];
    expect(parseConfig(['--auth-jwks', path, ...whose], {})).toMatchObject({
      config: { authJwks: { keys: [{ kty: 'EC', kid: 'one' }] } },
    });
  });
});
