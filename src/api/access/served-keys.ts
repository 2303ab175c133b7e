// The key set of an issuer, fetched: whatever its address answers, it is bounded in bytes and in time.

import type { FetchImplementation } from 'jose';
import type { Clock } from '../../base/clock.ts';
import { MOST_KEY_SET_BYTES, readKeySet } from '../../base/key-set.ts';

/** No answer by now is no answer, in milliseconds. */
export const KEYS_WITHIN_MS = 5000;
/** After a failure, keys are not asked for again for so long, in milliseconds, however many tokens come. */
export const KEYS_REST_MS = 1000;

/** For jose, which decides when keys are needed. Anything but a usable key set is an error with a sentence. */
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
  // Of a redirection it would not be known whether the issuer meant it.
  const response = await fetch(url, { ...options, redirect: 'manual' });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the answer was ${response.status} and not 200`);
  }
  const keys = readKeySet(await readBody(response));
  if (typeof keys === 'string') throw new Error(`the answer has to be ${keys}`);
  return keys;
}

/** Counted unpacked: a few kilobytes can be packed gigabytes. */
async function readBody({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // To leave the loop is to break off the answer.
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_KEY_SET_BYTES) {
      throw new Error(`the answer is longer than ${MOST_KEY_SET_BYTES / 1024} KiB`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
