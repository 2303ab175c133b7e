// The files for TLS: a certificate and its private key, read and held against each other.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { FileProblem, MOST_FILE_BYTES, readSmallFile } from '../base/small-file.ts';
import { Problem } from './values.ts';

/** Paths, or nothing for plain HTTP. */
export interface TlsFiles {
  /** PEM: the server's own certificate first, then those that vouch for it. */
  readonly tlsCert: string;
  /** PEM, without a passphrase. */
  readonly tlsKey: string;
}

export interface Tls {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** When the certificate expires, in milliseconds since 1970. */
  readonly expires: number;
}

/** A file that cannot be used, and what it would have to be. */
export interface BadFile {
  readonly path: string;
  readonly expected: string;
}

/** Reads both files, and holds them against each other. */
export function readTls({ tlsCert, tlsKey }: TlsFiles): Tls | BadFile {
  const cert = readCertificate(tlsCert);
  if (cert instanceof Problem) return { path: tlsCert, ...cert };
  const key = readKey(tlsKey);
  if (key instanceof Problem) return { path: tlsKey, ...key };
  if (!cert.value.checkPrivateKey(key.value)) {
    return { path: tlsKey, expected: `the private key of the certificate in ${tlsCert}` };
  }
  const pair = { cert: cert.pem, key: key.pem };
  const usable = attempt('a certificate that TLS can use', () => createSecureContext(pair));
  if (usable instanceof Problem) return { path: tlsCert, ...usable };
  return { ...pair, expires: cert.value.validToDate.getTime() };
}

export function certificateFile(path: string): string | Problem {
  const read = readCertificate(path);
  return read instanceof Problem ? read : path;
}

export function keyFile(path: string): string | Problem {
  const read = readKey(path);
  return read instanceof Problem ? read : path;
}

function readCertificate(path: string) {
  return readPem(path, 'a certificate in PEM', (pem) => new X509Certificate(pem));
}

function readKey(path: string) {
  return readPem(path, 'a private key in PEM, without a passphrase', createPrivateKey);
}

function readPem<T>(path: string, kind: string, parse: (pem: Buffer) => T) {
  const pem = readSmallFile(path, MOST_FILE_BYTES);
  if (pem instanceof FileProblem) return new Problem(pem.expected);
  // What is in DER would be taken here, and refused later.
  if (!pem.includes('-----BEGIN ')) return new Problem(kind);
  const value = attempt(kind, () => parse(pem));
  return value instanceof Problem ? value : { pem, value };
}

export function explain({ path, expected }: BadFile): string {
  return `"${path}" has to be ${expected}`;
}

/** What OpenSSL does not take is no bug of ours. */
function attempt<T>(expected: string, act: () => T): T | Problem {
  try {
    return act();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!/^ERR_(OSSL|SSL)_/.test(code)) throw error;
    return new Problem(expected);
  }
}
