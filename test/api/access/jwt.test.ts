import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { exportSPKI, importJWK, type JWTPayload } from 'jose';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { challengeOf } from '../../../src/api/access/auth.ts';
import { createJwtCheck, type JwtOptions } from '../../../src/api/access/jwt.ts';
import { KEYS_REST_MS, KEYS_WITHIN_MS } from '../../../src/api/access/served-keys.ts';
import { UserError } from '../../../src/base/user-error.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { recordTelemetry } from '../../support/telemetry.ts';
import { AUDIENCE, createIssuer, ISSUER, serveKeys } from '../../support/tokens.ts';
import { until } from '../../support/until.ts';

const clock = new FakeClock();

function createCheck(keys: JwtOptions['keys'], telemetry = recordTelemetry()) {
  return createJwtCheck({
    keys,
    issuer: ISSUER,
    audience: AUDIENCE,
    clock,
    log: telemetry.log('keys'),
  });
}

/** Returns the time at which a token expires, or the reason for its rejection. */
async function outcome(check: ReturnType<typeof createCheck>, token: string) {
  const checked = await check(token);
  if (checked instanceof UserError) expect(checked.code).toBe('UNAUTHENTICATED');
  return checked instanceof UserError ? checked.message : checked;
}

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const validClaims = (claims: JWTPayload = {}) => {
  const now = Math.floor(clock.now() / 1000);
  return { iss: ISSUER, aud: AUDIENCE, exp: now + 60, ...claims };
};

describe('a JWT', () => {
  test.each(['RS256', 'PS512', 'ES256', 'ES384', 'EdDSA'])(
    'signed with %s is valid until it expires',
    async (alg) => {
      const issuer = await createIssuer(clock, 'one', alg);
      const check = createCheck(issuer.keys);
      expect(await outcome(check, await issuer.sign(60))).toBe(clock.now() + 60_000);
      const forMany = await issuer.sign(60, { aud: ['others', AUDIENCE] });
      expect(await outcome(check, forMany)).toBe(clock.now() + 60_000);
    },
  );

  const invalid: readonly [string, JWTPayload, RegExp][] = [
    ['that has expired', { exp: 1 }, /^The token has expired; connect again with a new one\.$/],
    ['of another issuer', { iss: 'https://evil.example/' }, /unexpected "iss" claim value/],
    ['without an issuer', { iss: undefined }, /missing required "iss" claim/],
    ['for another audience', { aud: 'other' }, /unexpected "aud" claim value/],
    ['without an audience', { aud: undefined }, /missing required "aud" claim/],
    ['that never expires', { exp: undefined }, /missing required "exp" claim/],
    ['that is not valid yet', { nbf: 9_999_999_999 }, /"nbf" claim timestamp check failed/],
  ];
  test.each(invalid)('%s is rejected with a reason', async (_, claims, reason) => {
    const issuer = await createIssuer(clock);
    const token = await issuer.sign(60, claims as JWTPayload);
    expect(await outcome(createCheck(issuer.keys), token)).toMatch(reason);
  });

  test('signed by another issuer is rejected, even with a known key id', async () => {
    const issuer = await createIssuer(clock);
    const check = createCheck(issuer.keys);
    const attacker = await createIssuer(clock);
    expect(await outcome(check, await attacker.sign(60))).toMatch(/signature verification failed/);
    const other = await createIssuer(clock, 'two');
    expect(await outcome(check, await other.sign(60))).toMatch(/no applicable key/);
  });

  test('with altered claims is rejected', async () => {
    const issuer = await createIssuer(clock);
    const [header, , signature] = (await issuer.sign(-60)).split('.');
    const token = `${header}.${base64(validClaims())}.${signature}`;
    expect(await outcome(createCheck(issuer.keys), token)).toMatch(/signature verification failed/);
  });

  test.each(['none', 'None', 'NONE', ''])('with the algorithm %j is rejected', async (alg) => {
    const issuer = await createIssuer(clock);
    for (const signature of ['', 'x']) {
      const token = `${base64({ alg, kid: 'one' })}.${base64(validClaims())}.${signature}`;
      expect(await outcome(createCheck(issuer.keys), token)).toMatch(/^The token is rejected: /);
    }
  });

  test('signed with the public key as a shared secret is rejected', async () => {
    const issuer = await createIssuer(clock, 'one', 'RS256');
    const publicKey = await importJWK(issuer.key, 'RS256', { extractable: true });
    const pem = await exportSPKI(publicKey as CryptoKey);
    for (const keys of [issuer.keys, { keys: [{ ...issuer.key, alg: undefined }] }]) {
      const body = `${base64({ alg: 'HS256', kid: 'one' })}.${base64(validClaims())}`;
      for (const secret of [pem, JSON.stringify(issuer.key), issuer.key.n ?? '']) {
        const signature = createHmac('sha256', secret).update(body).digest('base64url');
        const reason = await outcome(createCheck(keys as never), `${body}.${signature}`);
        expect(reason).toMatch(/"alg" \(Algorithm\) Header Parameter value not allowed/);
      }
    }
  });

  test('signed with a shared secret is rejected, even if the secret is among the keys', async () => {
    const secret = Buffer.alloc(32, 7);
    const keys = { keys: [{ kty: 'oct', kid: 'one', k: secret.toString('base64url') }] };
    const body = `${base64({ alg: 'HS256', kid: 'one' })}.${base64(validClaims())}`;
    const signature = createHmac('sha256', secret).update(body).digest('base64url');
    expect(await outcome(createCheck(keys as never), `${body}.${signature}`)).toMatch(
      /not allowed/,
    );
  });

  test.each([
    '',
    '.',
    '..',
    '...',
    'a.b.c',
    'e30.e30.',
    'x'.repeat(60_000),
    '💥.💥.💥',
    '__proto__',
  ])('that is malformed is rejected: %j', async (token) => {
    const { keys } = await createIssuer(clock);
    expect(await outcome(createCheck(keys), token)).toMatch(/^The token is rejected: /);
  });

  test('with special characters in its header is rejected with a well-formed challenge', async () => {
    const { keys } = await createIssuer(clock);
    for (const name of ['☃', 'x\r\nX-Injected: yes', '"', '\\']) {
      const header = base64({ alg: 'ES256', kid: 'one', crit: [name], [name]: 1 });
      const rejection = await createCheck(keys)(`${header}.${base64({})}.AAAA`);
      expect(challengeOf(rejection as UserError)).toMatch(
        /^Bearer error="invalid_token", error_description="[ !#-[\]-~]+"$/,
      );
    }
  });

  test('that brings its own key, or the URL of one, is rejected', async () => {
    const issuer = await createIssuer(clock);
    const attacker = await createIssuer(clock, 'attacker');
    const served = await serveKeys(() => attacker.keys);
    const [, payload, signature] = (await attacker.sign(60)).split('.');
    const header = { alg: 'ES256', kid: 'one', jwk: attacker.key, jku: served.url.href };
    const token = `${base64(header)}.${payload}.${signature}`;
    expect(await outcome(createCheck(issuer.keys), token)).toMatch(/signature verification failed/);
    expect(served.asked).toBe(0);
  });

  test('whose key cannot be used is rejected, and nothing breaks', async () => {
    const { key, sign } = await createIssuer(clock, 'one', 'RS256');
    const token = await sign(60);
    for (const broken of [
      { ...key, n: 'AQAB' },
      { ...key, n: '' },
      { ...key, n: undefined },
      { ...key, n: 7 },
    ]) {
      const check = createCheck({ keys: [broken] } as never);
      expect(await outcome(check, token)).toMatch(/^The token is rejected: /);
    }
  });
});

describe('a served key set', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is fetched once, and again when a token names an unknown key', async () => {
    const first = await createIssuer(clock, 'first');
    const second = await createIssuer(clock, 'second');
    let keys = first.keys;
    const served = await serveKeys(() => keys);
    const check = createCheck(served.url);
    expect(served.asked).toBe(0);
    for (const seconds of [10, 20]) {
      expect(await outcome(check, await first.sign(seconds))).toBe(clock.now() + seconds * 1000);
    }
    expect(served.asked).toBe(1);

    keys = second.keys;
    // A made-up key id cannot cause a fetch at will.
    expect(await outcome(check, await second.sign(60))).toMatch(/no applicable key/);
    expect(served.asked).toBe(1);
    advanceDate(31);
    expect(await outcome(check, await second.sign(60))).toBe(clock.now() + 60_000);
    expect(served.asked).toBe(2);
    // The issuer withdrew the old key, so the tokens that it signed are no longer valid.
    expect(await outcome(check, await first.sign(60))).toMatch(/no applicable key/);
  });

  test('is reported once when it becomes unavailable and once when it is back; meanwhile every token is rejected', async () => {
    const issuer = await createIssuer(clock);
    let served: object = { error: 'down' };
    const { url } = await serveKeys(() => served);
    const telemetry = recordTelemetry();
    const check = createCheck(url, telemetry);
    const token = await issuer.sign(60);
    for (const _ of [1, 2, 3]) {
      expect(await outcome(check, token)).toBe(
        'The token is rejected: the keys to check it with are not available; try again later.',
      );
    }
    expect(telemetry.lines).toEqual([expect.stringContaining('JSON Web Key Set')]);
    served = issuer.keys;
    const expires = clock.now() + 60_000;
    clock.advance(KEYS_REST_MS);
    expect(await outcome(check, token)).toBe(expires);
    expect(telemetry.lines.slice(1)).toEqual(['the keys of JWTs are available again']);
  });

  test('on an unreachable server is logged with the error', async () => {
    const issuer = await createIssuer(clock);
    const { url, close } = await serveKeys(() => issuer.keys);
    close();
    const telemetry = recordTelemetry();
    const check = createCheck(url, telemetry);
    expect(await outcome(check, await issuer.sign(60))).toMatch(/keys .* are not available/);
    expect(telemetry.lines).toEqual([expect.stringContaining('ECONNREFUSED')]);
  });

  test('is not reported as unavailable because of a malformed token', async () => {
    const issuer = await createIssuer(clock);
    const { url } = await serveKeys(() => issuer.keys);
    const telemetry = recordTelemetry();
    const check = createCheck(url, telemetry);
    const other = await createIssuer(clock, 'unknown');
    for (const token of ['x', 'a.b.c', await other.sign(60)]) {
      expect(await outcome(check, token)).toMatch(/^The token is rejected: /);
    }
    expect(telemetry.lines).toEqual([]);
  });

  test('is fetched again after a clock that was a year ahead is corrected', async () => {
    const now = clock.now();
    const first = await createIssuer(clock, 'first');
    const second = await createIssuer(clock, 'second');
    let keys = first.keys;
    const served = await serveKeys(() => keys);
    const check = createCheck(served.url);
    setTo(now + 365 * 86_400_000);
    expect(await outcome(check, await first.sign(60))).toBe(clock.now() + 60_000);
    setTo(now);
    keys = second.keys;
    expect(await outcome(check, await second.sign(60))).toBe(now + 60_000);
    expect(await outcome(check, await first.sign(60))).toMatch(/no applicable key/);
  });

  /** Sets the test clock, and also `Date`, which jose reads itself. */
  function setTo(now: number): void {
    clock.set(now);
    vi.useFakeTimers({ toFake: ['Date'], now });
  }

  const MIB = 1024 * 1024;
  const blanks = Buffer.alloc(MIB, ' ');
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const answers: readonly [string, (response: ServerResponse) => unknown, RegExp][] = [
    ['gigabytes of compressed data', (response) => pack(response, 1024), /longer than 256 KiB/],
    ['a body of 256 MiB', (response) => flood(response, 256), /longer than 256 KiB/],
    ['a list nested too deeply', (response) => response.end(nested(100_000)), /JSON Web Key Set/],
    [
      'more keys than any issuer has',
      (response) => response.end(JSON.stringify({ keys: Array(101).fill({ kty: 'EC' }) })),
      /at most 100 keys/,
    ],
    ['no keys', (response) => response.end('{"keys":[7]}'), /JSON Web Key Set/],
    ['half a key set', (response) => response.end('{"keys":['), /JSON Web Key Set/],
    ['an error status', (response) => response.writeHead(500).end(), /the answer was 500/],
    [
      'a redirect',
      (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      /the answer was 302/,
    ],
  ];
  test.each(answers)('is rejected if the server sends %s', async (_, answer, reason) => {
    const issuer = await createIssuer(clock);
    let broken = true;
    const { url } = await serveKeys(() => (broken ? answer : issuer.keys));
    const telemetry = recordTelemetry();
    const check = createCheck(url, telemetry);
    expect(await outcome(check, await issuer.sign(60))).toMatch(/keys .* are not available/);
    expect(telemetry.lines).toEqual([expect.stringMatching(reason)]);
    broken = false;
    clock.advance(KEYS_REST_MS);
    expect(await outcome(check, await issuer.sign(60))).toBe(clock.now() + 60_000);
  });

  test('is not read beyond its size limit', async () => {
    const issuer = await createIssuer(clock);
    let written: Promise<number> | undefined;
    const { url } = await serveKeys(() => (response) => {
      written = flood(response, 256);
    });
    expect(await outcome(createCheck(url), await issuer.sign(60))).toMatch(
      /keys .* are not available/,
    );
    expect(await written).toBeLessThan(64);
  });

  test.each(['head', 'body'])('times out if the response %s takes five seconds', async (part) => {
    const issuer = await createIssuer(clock);
    const served = await serveKeys(() => (response) => {
      if (part === 'body') response.write('{"keys":[');
    });
    const telemetry = recordTelemetry();
    const checked = outcome(createCheck(served.url, telemetry), await issuer.sign(3600));
    await until(() => served.asked === 1 && clock.pending === 1);
    clock.advance(KEYS_WITHIN_MS);
    expect(await checked).toMatch(/keys .* are not available/);
    expect(telemetry.lines).toEqual([expect.stringContaining('no answer within 5 seconds')]);
  });

  test('is fetched at most once a second while it is unavailable', async () => {
    const issuer = await createIssuer(clock);
    const served = await serveKeys(() => ({}));
    const check = createCheck(served.url);
    for (let second = 0; second < 3; second++) {
      for (let n = 0; n < 20; n++) await check(await issuer.sign(60));
      clock.advance(KEYS_REST_MS);
    }
    expect(served.asked).toBe(3);
  });

  test('may have nested members, which are ignored', async () => {
    const issuer = await createIssuer(clock);
    const key = JSON.stringify({ ...issuer.key, x5c: ['AAAA'], more: {} });
    const { url } = await serveKeys(() => (response) => {
      response.end(`{"keys":[${key.replace(/}$/, `,"other":${nested(10_000)}}`)}]}`);
    });
    expect(await outcome(createCheck(url), await issuer.sign(60))).toBe(clock.now() + 60_000);
  });

  async function pack(response: ServerResponse, mebibytes: number): Promise<void> {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    // A gzip stream may repeat the same member, so compressing it once is enough.
    const packed = gzipSync(blanks);
    response.end(Buffer.concat(Array.from({ length: mebibytes }, () => packed)));
  }

  /** Sends up to `mebibytes` and returns how many the peer accepted. */
  async function flood(response: ServerResponse, mebibytes: number): Promise<number> {
    let written = 0;
    function* chunks() {
      for (; written < mebibytes; written++) yield blanks;
    }
    await pipeline(Readable.from(chunks()), response).catch(() => {});
    return written;
  }

  /** Moves `Date`, which jose reads itself. */
  function advanceDate(seconds: number): void {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });
  }
});
