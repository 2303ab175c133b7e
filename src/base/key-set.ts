// Reads a JSON Web Key Set (RFC 7517, section 5) from outside, bounded before anything uses its keys.

import { createLocalJWKSet, errors, type JSONWebKeySet, type JWK } from 'jose';
import { isRecord, parseJson } from './json.ts';

export const MAX_KEY_SET_BYTES = 256 * 1024;
/** Issuers have a few, and a token may be checked against each of them. */
const MAX_KEYS = 100;

const NO_KEY_SET = 'a JSON Web Key Set: {"keys": […]}';
const TOO_MANY_KEYS = `a JSON Web Key Set of at most ${MAX_KEYS} keys`;

/** The keys, or a text that completes the sentence "It must be …". */
export function readKeySet(json: Uint8Array): JSONWebKeySet | string {
  const set = parseJson(json);
  if (!isRecord(set) || !Array.isArray(set.keys) || !set.keys.every(isRecord)) return NO_KEY_SET;
  if (set.keys.length > MAX_KEYS) return TOO_MANY_KEYS;
  const keys = { keys: set.keys.map(flatten) as JWK[] };
  try {
    createLocalJWKSet(keys);
    return keys;
  } catch (error) {
    if (error instanceof errors.JWKSInvalid) return NO_KEY_SET;
    throw error;
  }
}

/** Leaves out nested values, however deep. In public keys, only lists of strings are nested. */
function flatten(key: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(key).filter(([, value]) => isFlat(value)));
}

function isFlat(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string');
  return typeof value !== 'object';
}
