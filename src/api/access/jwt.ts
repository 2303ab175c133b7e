// Checks JSON Web Tokens (RFC 7519) of an issuer whose public keys are in a file, or served at an address.

import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import type { Clock } from '../../base/clock.ts';
import { UserError } from '../../base/user-error.ts';
import type { BoundedLog } from '../../stream/telemetry.ts';
import { EXPIRED, type JwtCheck } from './auth.ts';
import { createKeyFetch } from './served-keys.ts';

export interface JwtOptions {
  /** The keys of the issuer, or where they are served. */
  readonly keys: URL | JSONWebKeySet;
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
  readonly log: Pick<BoundedLog, 'info' | 'warn'>;
}

/** Signatures by private keys only: a shared key would let each verifier make tokens. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

export function createJwtCheck({ keys, issuer, audience, clock, log }: JwtOptions): JwtCheck {
  const keyOf =
    keys instanceof URL ? reporting(servedKeys(keys, clock), log) : createLocalJWKSet(keys);
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keyOf, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        requiredClaims: ['exp'],
        currentDate: new Date(clock.now()),
      });
      return (payload.exp ?? 0) * 1000;
    } catch (error) {
      if (error instanceof errors.JWTExpired) return EXPIRED;
      if (error instanceof KeysMissing)
        return reject('the keys to check it with are not available; try again later');
      // The token or its key is at fault; jose throws a TypeError for a key that does not fit its algorithm.
      if (error instanceof errors.JOSEError || error instanceof TypeError) {
        return reject(error.message);
      }
      // Web Crypto throws this for a key that it cannot read.
      if (error instanceof DOMException) return reject('its key cannot be used');
      throw error;
    }
  };
}

/** A wall clock that is set back further than this was wrong before. In milliseconds. */
const SET_BACK_MS = 60_000;

/**
 * jose notes by the wall clock when it fetched keys. If that clock was a year ahead, it would consider them fresh for
 * a year. So when the clock is set back, this fetches them again.
 */
function servedKeys(url: URL, clock: Clock): JWTVerifyGetKey {
  const options = { [customFetch]: createKeyFetch(clock) };
  let keyOf = createRemoteJWKSet(url, options);
  let seen = clock.now();
  return (header, token) => {
    const now = clock.now();
    if (now < seen - SET_BACK_MS) keyOf = createRemoteJWKSet(url, options);
    seen = now;
    return keyOf(header, token);
  };
}

class KeysMissing extends Error {}

/** Faults of the token itself, and not of the place where its key is looked for. */
const OF_THE_TOKEN = [
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
  errors.JOSENotSupported,
] as const;

function reporting(keyOf: JWTVerifyGetKey, log: JwtOptions['log']): JWTVerifyGetKey {
  let failing = false;
  return async (header, token) => {
    try {
      const key = await keyOf(header, token);
      if (failing) log.info('the keys of JWTs are available again');
      failing = false;
      return key;
    } catch (error) {
      if (OF_THE_TOKEN.some((kind) => error instanceof kind) || !(error instanceof Error))
        throw error;
      if (!failing)
        log.warn(`no JWT can be checked: the keys are not available: ${explain(error)}`);
      failing = true;
      throw new KeysMissing();
    }
  };
}

/** "fetch failed" explains nothing; its cause does. */
function explain({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

function reject(reason: string): UserError {
  return new UserError('UNAUTHENTICATED', `The token is rejected: ${reason.replace(/\.$/, '')}.`);
}
