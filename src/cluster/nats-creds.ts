// The credentials file (.creds) for NATS: a JWT that says who a node is, and the seed of the key that proves it.

import { type Authenticator, jwtAuthenticator, nkeys } from '@nats-io/transport-node';
import { FileProblem, MOST_FILE_BYTES, readSmallFile } from '../base/small-file.ts';
import { RelayError } from '../stream/relay.ts';

interface Creds {
  readonly jwt: string;
  readonly seed: Uint8Array;
}

/**
 * Shows NATS what the file says at that moment, as credentials run out and are written anew. Throws a
 * RelayError for a file that is not one. A file that turns bad later causes a warning, and the last good one serves on.
 */
export function watchCreds(path: string, warn: (message: string) => void): Authenticator {
  let creds = readCreds(path);
  function readAgain(): Creds {
    try {
      creds = readCreds(path);
    } catch (error) {
      if (!(error instanceof RelayError)) throw error;
      warn(`NATS: ${error.message}; this node goes on with what was there before`);
    }
    return creds;
  }
  return jwtAuthenticator(
    () => readAgain().jwt,
    () => creds.seed,
  );
}

function readCreds(path: string): Creds {
  const file = readSmallFile(path, MOST_FILE_BYTES);
  if (file instanceof FileProblem) {
    throw new RelayError(`"${path}" has to be ${file.expected}`);
  }
  // As `nsc` writes it: each of the two in a line of its own, after one that says what it is.
  const lines = file.toString().split('\n');
  const [jwt, text] = lines.filter((_, i) => lines[i - 1]?.startsWith('-----BEGIN'));
  const seed = Buffer.from(text?.trim() ?? '');
  if (jwt === undefined || !isSeed(seed)) {
    throw new RelayError(`"${path}" has to be a credentials file: the JWT and the seed of a user`);
  }
  return { jwt: jwt.trim(), seed };
}

function isSeed(seed: Uint8Array): boolean {
  try {
    return nkeys.fromSeed(seed).getPublicKey().startsWith('U');
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}
