// The two PEM files for TLS: a certificate and its private key.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { MAX_FILE_BYTES } from '../base/small-file.ts';
import { explainInvalid, fileOf, Invalid, type Kind } from './values.ts';

interface PemFile<T> {
  readonly path: string;
  readonly pem: string;
  readonly content: T;
}

export interface Tls {
  /** The server's own certificate first, then the chain that signed it. */
  readonly cert: PemFile<X509Certificate>;
  readonly key: PemFile<KeyObject>;
}

export const certificate = pemFile('a certificate in PEM', (pem) => new X509Certificate(pem));
export const privateKey = pemFile('a private key in PEM, without a passphrase', createPrivateKey);

/** Reads both files again. Returns a sentence if they cannot be used. */
export function rereadTls({ cert: { path: certPath }, key: { path: keyPath } }: Tls): Tls | string {
  const cert = certificate.parse(certPath);
  if (cert instanceof Invalid) return explainInvalid('--tls-cert', certPath, cert);
  const key = privateKey.parse(keyPath);
  if (key instanceof Invalid) return explainInvalid('--tls-key', keyPath, key);
  return explainMismatch({ cert, key }) ?? { cert, key };
}

/** Says why TLS cannot use the two files together; undefined if it can. */
export function explainMismatch({ cert, key }: Tls): string | undefined {
  if (!cert.content.checkPrivateKey(key.content)) {
    const expected = `the private key of the certificate in ${cert.path}`;
    return explainInvalid('--tls-key', key.path, { expected });
  }
  return acceptedByOpenSSL(() => createSecureContext({ cert: cert.pem, key: key.pem }))
    ? undefined
    : explainInvalid('--tls-cert', cert.path, { expected: 'a certificate that TLS can use' });
}

function pemFile<T>(expected: string, parse: (pem: string) => T): Kind<PemFile<T>> {
  return fileOf(MAX_FILE_BYTES, (bytes, path) => {
    const pem = String(bytes);
    // Node.js would take DER here, but not in a secure context.
    const isPem = pem.includes('-----BEGIN ');
    const content = isPem ? acceptedByOpenSSL(() => parse(pem)) : undefined;
    return content ? { path, pem, content } : new Invalid(expected);
  });
}

/** Returns undefined if OpenSSL rejects the input. Any other error is a bug, and is thrown. */
function acceptedByOpenSSL<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!/^ERR_(OSSL|SSL)_/.test(code)) throw error;
    return undefined;
  }
}
