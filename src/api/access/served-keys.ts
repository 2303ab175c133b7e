// Fetches the key set of an issuer, within bounds on bytes and time.

import type { FetchImplementation } from 'jose';
import type { Clock } from '../../base/clock.ts';
import { MAX_KEY_SET_BYTES, readKeySet } from '../../base/key-set.ts';

/** How long an answer may take, in milliseconds. */
export const KEYS_WITHIN_MS = 5000;
/** The pause after a failure, in milliseconds, however many tokens need keys. */
export const KEYS_REST_MS = 1000;

/** For jose, which decides when keys are needed. Fails with a sentence unless it gets a usable key set. */
export function createKeyFetch(clock: Clock): FetchImplementation {
  let failure: unknown;
  let restUntil = Number.NEGATIVE_INFINITY;
  return async (url, options) => {
    if (clock.monotonic() < restUntil) throw failure;
    const late = new AbortController();
    const cancel = clock.after(KEYS_WITHIN_MS, () => {
      late.abort(new Error(`there was no answer within ${KEYS_WITHIN_MS / 1000} seconds`));
    });
    try {
      return Response.json(await fetchKeys(url, { ...options, signal: late.signal }));
    } catch (error) {
      failure = error;
      restUntil = clock.monotonic() + KEYS_REST_MS;
      throw error;
    } finally {
      cancel();
    }
  };
}

async function fetchKeys(url: string, options: RequestInit) {
  // The issuer may not have meant a redirection.
  const response = await fetch(url, { ...options, redirect: 'manual' });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the answer was ${response.status} and not 200`);
  }
  const keys = readKeySet(await readBody(response));
  if (typeof keys === 'string') throw new Error(`the answer has to be ${keys}`);
  return keys;
}

/** Counts unpacked bytes: a few kilobytes can unpack to gigabytes. */
async function readBody({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop aborts the answer.
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_KEY_SET_BYTES) {
      throw new Error(`the answer is longer than ${MAX_KEY_SET_BYTES / 1024} KiB`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
