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

/** When a token expires, or why it is refused. */
async function outcome(check: ReturnType<typeof createCheck>, token: string) {
  const checked = await check(token);
  if (checked instanceof UserError) expect(checked.code).toBe('UNAUTHENTICATED');
  return checked instanceof UserError ? checked.message : checked;
}

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const right = (claims: JWTPayload = {}) => {
  const now = Math.floor(clock.now() / 1000);
  return { iss: ISSUER, aud: AUDIENCE, exp: now + 60, ...claims };
};

describe('a JWT', () => {
  test.each(['RS256', 'PS512', 'ES256', 'ES384', 'EdDSA'])(
    'signed with %s lets in until it expires',
    async (alg) => {
      const issuer = await createIssuer(clock, 'one', alg);
      const check = createCheck(issuer.keys);
      expect(await outcome(check, await issuer.sign(60))).toBe(clock.now() + 60_000);
      const forMany = await issuer.sign(60, { aud: ['others', AUDIENCE] });
      expect(await outcome(check, forMany)).toBe(clock.now() + 60_000);
    },
  );

  const wrong: readonly [string, JWTPayload, RegExp][] = [
    ['that has expired', { exp: 1 }, /^The token has expired; connect again with a new one\.$/],
    ['of another issuer', { iss: 'https://evil.example/' }, /unexpected "iss" claim value/],
    ['of nobody', { iss: undefined }, /missing required "iss" claim/],
    ['for another audience', { aud: 'other' }, /unexpected "aud" claim value/],
    ['for nobody', { aud: undefined }, /missing required "aud" claim/],
    ['that never expires', { exp: undefined }, /missing required "exp" claim/],
    ['that is not valid yet', { nbf: 9_999_999_999 }, /"nbf" claim timestamp check failed/],
  ];
  test.each(wrong)('%s is rejected with a reason', async (_, claims, why) => {
    const issuer = await createIssuer(clock);
    const token = await issuer.sign(60, claims as JWTPayload);
    expect(await outcome(createCheck(issuer.keys), token)).toMatch(why);
  });

  test('signed by another issuer is rejected, even with a known key id', async () => {
    const issuer = await createIssuer(clock);
    const check = createCheck(issuer.keys);
    const thief = await createIssuer(clock);
    expect(await outcome(check, await thief.sign(60))).toMatch(/signature verification failed/);
    const stranger = await createIssuer(clock, 'two');
    expect(await outcome(check, await stranger.sign(60))).toMatch(/no applicable key/);
  });

  test('with changed claims is rejected', async () => {
    const issuer = await createIssuer(clock);
    const [header, , signature] = (await issuer.sign(-60)).split('.');
    const token = `${header}.${base64(right())}.${signature}`;
    expect(await outcome(createCheck(issuer.keys), token)).toMatch(/signature verification failed/);
  });

  test.each(['none', 'None', 'NONE', ''])('with the algorithm %j is rejected', async (alg) => {
    const issuer = await createIssuer(clock);
    for (const signature of ['', 'x']) {
      const token = `${base64({ alg, kid: 'one' })}.${base64(right())}.${signature}`;
      expect(await outcome(createCheck(issuer.keys), token)).toMatch(/^The token is rejected: /);
    }
  });

  test('signed with the public key as a shared secret is rejected', async () => {
    const issuer = await createIssuer(clock, 'one', 'RS256');
    const publicKey = await importJWK(issuer.key, 'RS256', { extractable: true });
    const pem = await exportSPKI(publicKey as CryptoKey);
    for (const keys of [issuer.keys, { keys: [{ ...issuer.key, alg: undefined }] }]) {
      const body = `${base64({ alg: 'HS256', kid: 'one' })}.${base64(right())}`;
      for (const secret of [pem, JSON.stringify(issuer.key), issuer.key.n ?? '']) {
        const signature = createHmac('sha256', secret).update(body).digest('base64url');
        const refused = await outcome(createCheck(keys as never), `${body}.${signature}`);
        expect(refused).toMatch(/"alg" \(Algorithm\) Header Parameter value not allowed/);
      }
    }
  });

  test('signed with a shared secret is rejected, even if the secret is among the keys', async () => {
    const secret = Buffer.alloc(32, 7);
    const keys = { keys: [{ kty: 'oct', kid: 'one', k: secret.toString('base64url') }] };
    const body = `${base64({ alg: 'HS256', kid: 'one' })}.${base64(right())}`;
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
  ])('that is none is refused: %j', async (token) => {
    const { keys } = await createIssuer(clock);
    expect(await outcome(createCheck(keys), token)).toMatch(/^The token is rejected: /);
  });

  test('with an error that a header cannot quote is rejected in characters that it can', async () => {
    const { keys } = await createIssuer(clock);
    for (const name of ['☃', 'x\r\nX-Injected: yes', '"', '\\']) {
      const header = base64({ alg: 'ES256', kid: 'one', crit: [name], [name]: 1 });
      const refused = await createCheck(keys)(`${header}.${base64({})}.AAAA`);
      expect(challengeOf(refused as UserError)).toMatch(
        /^Bearer error="invalid_token", error_description="[ !#-[\]-~]+"$/,
      );
    }
  });

  test('that brings its own key, or an address of one, is rejected', async () => {
    const issuer = await createIssuer(clock);
    const thief = await createIssuer(clock, 'thief');
    const served = await serveKeys(() => thief.keys);
    const [, payload, signature] = (await thief.sign(60)).split('.');
    const header = { alg: 'ES256', kid: 'one', jwk: thief.key, jku: served.url.href };
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

describe('served keys', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('are fetched once, and again for an unknown key', async () => {
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
    // Whoever makes up keys cannot have them asked for at will.
    expect(await outcome(check, await second.sign(60))).toMatch(/no applicable key/);
    expect(served.asked).toBe(1);
    later(31);
    expect(await outcome(check, await second.sign(60))).toBe(clock.now() + 60_000);
    expect(served.asked).toBe(2);
    // The old key is withdrawn, and with it all that it signed.
    expect(await outcome(check, await first.sign(60))).toMatch(/no applicable key/);
  });

  test('that are not available reject every token; the log says so once, and again when they are back', async () => {
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

  test('of an unreachable server appear in the log with the failure', async () => {
    const issuer = await createIssuer(clock);
    const { url, close } = await serveKeys(() => issuer.keys);
    close();
    const telemetry = recordTelemetry();
    const check = createCheck(url, telemetry);
    expect(await outcome(check, await issuer.sign(60))).toMatch(/keys .* are not available/);
    expect(telemetry.lines).toEqual([expect.stringContaining('ECONNREFUSED')]);
  });

  test('are not reported as missing because of a malformed token', async () => {
    const issuer = await createIssuer(clock);
    const { url } = await serveKeys(() => issuer.keys);
    const telemetry = recordTelemetry();
    const check = createCheck(url, telemetry);
    const stranger = await createIssuer(clock, 'stranger');
    for (const token of ['x', 'a.b.c', await stranger.sign(60)]) {
      expect(await outcome(check, token)).toMatch(/^The token is rejected: /);
    }
    expect(telemetry.lines).toEqual([]);
  });

  test('are fetched again after the clock was a year ahead and is corrected', async () => {
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

  /** Sets the wall clock, and the one that jose reads by itself. */
  function setTo(now: number): void {
    clock.set(now);
    vi.useFakeTimers({ toFake: ['Date'], now });
  }

  const MIB = 1024 * 1024;
  const blanks = Buffer.alloc(MIB, ' ');
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const answers: readonly [string, (response: ServerResponse) => unknown, RegExp][] = [
    ['packed gigabytes', (response) => pack(response, 1024), /longer than 256 KiB/],
    ['as many bytes as are taken', (response) => flood(response, 256), /longer than 256 KiB/],
    ['a list nested too deeply', (response) => response.end(nested(100_000)), /JSON Web Key Set/],
    [
      'more keys than any issuer has',
      (response) => response.end(JSON.stringify({ keys: Array(101).fill({ kty: 'EC' }) })),
      /at most 100 keys/,
    ],
    ['no keys', (response) => response.end('{"keys":[7]}'), /JSON Web Key Set/],
    ['half a key set', (response) => response.end('{"keys":['), /JSON Web Key Set/],
    ['an error', (response) => response.writeHead(500).end(), /the answer was 500/],
    [
      'another address',
      (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      /the answer was 302/,
    ],
  ];
  test.each(answers)('are not accepted from a server that sends %s', async (_, answer, why) => {
    const issuer = await createIssuer(clock);
    let broken = true;
    const { url } = await serveKeys(() => (broken ? answer : issuer.keys));
    const telemetry = recordTelemetry();
    const check = createCheck(url, telemetry);
    expect(await outcome(check, await issuer.sign(60))).toMatch(/keys .* are not available/);
    expect(telemetry.lines).toEqual([expect.stringMatching(why)]);
    broken = false;
    clock.advance(KEYS_REST_MS);
    expect(await outcome(check, await issuer.sign(60))).toBe(clock.now() + 60_000);
  });

  test('stop reading an endless answer', async () => {
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

  test.each(['head', 'body'])('give up when their %s takes five seconds', async (part) => {
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

  test('are fetched at most once a second while they are not available', async () => {
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
    // Members of gzip may follow each other, so that one is enough.
    const packed = gzipSync(blanks);
    response.end(Buffer.concat(Array.from({ length: mebibytes }, () => packed)));
  }

  /** How many of so many mebibytes were taken. */
  async function flood(response: ServerResponse, mebibytes: number): Promise<number> {
    let written = 0;
    function* chunks() {
      for (; written < mebibytes; written++) yield blanks;
    }
    await pipeline(Readable.from(chunks()), response).catch(() => {});
    return written;
  }

  /** Moves the wall clock that jose reads by itself. */
  function later(seconds: number): void {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });
  }
});
