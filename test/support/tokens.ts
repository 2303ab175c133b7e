// An issuer of JWTs for a test: its keys, and a real server that shows the public ones.

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import type { Config } from '../../src/config/options.ts';
import { configOf } from './senti.ts';

export const ISSUER = 'https://id.example/';
export const AUDIENCE = 'senti';
export const TOKEN = 'a-token-of-a-friend';
export const OTHER_TOKEN = 'another.token~of/a+friend==';

/** A configuration that asks for one of two tokens. */
export function withTokens(config = configOf()): Config {
  return { ...config, authTokens: [TOKEN, OTHER_TOKEN] };
}

/** An issuer with one key of this name, by the clock of the server that it issues for. */
export async function createIssuer(clock: Clock, kid = 'one', alg = 'ES256') {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const key = { ...(await exportJWK(publicKey)), kid, alg };
  return {
    key,
    keys: { keys: [key] },
    /** A JWT that lives for `seconds` from now; `claims` are put in place of the right ones. */
    sign(seconds: number, claims: JWTPayload = {}): Promise<string> {
      const now = Math.floor(clock.now() / 1000);
      return new SignJWT({ iss: ISSUER, aud: AUDIENCE, iat: now, exp: now + seconds, ...claims })
        .setProtectedHeader({ alg, kid })
        .sign(privateKey);
    },
  };
}

/** A configuration that accepts the JWTs that one of `keys` has signed. */
export function withKeys(keys: Config['authJwks'], config = configOf()): Config {
  return { ...config, authJwks: keys, authIssuer: ISSUER, authAudience: AUDIENCE };
}

/** Answers each request with the object that `body` returns, or by the function that it returns. */
export async function serveKeys(body: () => object | ((response: ServerResponse) => void)) {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.setHeader('content-type', 'application/json');
    response.on('error', () => {});
    const answer = body();
    if (typeof answer === 'function') answer(response);
    else response.end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`),
    get asked() {
      return asked;
    },
    close,
  };
}
