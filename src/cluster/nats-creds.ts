// The credentials file (.creds) for NATS: a JWT that names the user, and the seed of the key that proves it.

import { type Authenticator, credsAuthenticator } from '@nats-io/transport-node';
import { FileProblem, MAX_FILE_BYTES, readSmallFile } from '../base/small-file.ts';
import { RelayError } from '../stream/relay.ts';

/**
 * Authenticates with the current content of the file, because credentials expire and are replaced. Throws a RelayError
 * if the file is bad. If it turns bad later, warns and goes on with the last good content.
 */
export function watchCreds(path: string, warn: (message: string) => void): Authenticator {
  let authenticate = readCreds(path);
  return (nonce) => {
    try {
      authenticate = readCreds(path);
    } catch (error) {
      if (!(error instanceof RelayError)) throw error;
      warn(`NATS: ${error.message}; this node goes on with the credentials from before`);
    }
    return authenticate(nonce);
  };
}

function readCreds(path: string): Authenticator {
  const file = readSmallFile(path, MAX_FILE_BYTES);
  if (file instanceof FileProblem) {
    throw new RelayError(`"${path}" has to be ${file.expected}`);
  }
  const authenticate = credsAuthenticator(file);
  try {
    authenticate('nonce');
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const message = `"${path}" has to be a credentials file: the JWT and the seed of a user`;
    throw new RelayError(message, { cause: error });
  }
  return authenticate;
}
