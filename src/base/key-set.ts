// A JSON Web Key Set (RFC 7517, section 5), as others wrote it: bounded before anything looks at its keys.

import { createLocalJWKSet, errors, type JSONWebKeySet, type JWK } from 'jose';
import { isRecord, parseJson } from './json.ts';

export const MOST_KEY_SET_BYTES = 256 * 1024;
/** Issuers have a few; each may be tried for a token. */
export const MOST_KEYS = 100;

const NO_KEY_SET = 'a JSON Web Key Set: {"keys": […]}';
const TOO_MANY_KEYS = `a JSON Web Key Set of at most ${MOST_KEYS} keys`;

/** The keys; or else a text that completes the sentence "It must be …". */
export function readKeySet(json: Uint8Array): JSONWebKeySet | string {
  const set = parseJson(json);
  if (!isRecord(set) || !Array.isArray(set.keys) || !set.keys.every(isRecord)) return NO_KEY_SET;
  if (set.keys.length > MOST_KEYS) return TOO_MANY_KEYS;
  const keys = { keys: set.keys.map(flatten) as JWK[] };
  try {
    createLocalJWKSet(keys);
    return keys;
  } catch (error) {
    if (error instanceof errors.JWKSInvalid) return NO_KEY_SET;
    throw error;
  }
}

/** No public key has anything nested but lists of strings. The rest, however deep, is left out. */
function flatten(key: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(key).filter(([, value]) => isFlat(value)));
}

function isFlat(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string');
  return typeof value !== 'object';
}
