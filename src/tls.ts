// https and wss: a certificate and its key, read at the start, and again when somebody says so.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import { Problem } from './option-values.ts';
import { FileProblem, MOST_FILE_BYTES, readSmallFile } from './small-file.ts';

/** Other upgrades are only offers, such as that of HTTP/2 by Java's client, and may be passed over. */
const UPGRADES = {
  shouldUpgradeCallback: ({ headers }: IncomingMessage) =>
    /^websocket$/i.test(headers.upgrade ?? ''),
};
/** How long a peer may take for the handshake of TLS, in milliseconds. */
const HANDSHAKE_WITHIN = 10_000;

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

export interface HttpServer {
  readonly http: Server;
  /** Of the certificate in use, in milliseconds since 1970; none for plain HTTP. */
  readonly expires: number | undefined;
  /**
   * Reads the files again, for connections from now on; those there are keep what they began with.
   * Files that cannot be used are logged, and change nothing.
   */
  reload(): void;
}

/** Throws where the files cannot be used; `readTls` says so beforehand. */
export function createHttpServer(
  files: TlsFiles,
  options: ServerOptions,
  handle: RequestListener,
  log: Logger,
  clock: Clock,
): HttpServer {
  if (files.tlsCert === '') {
    const reload = () => log.info('there is no TLS certificate to read again');
    const http = createServer({ ...options, ...UPGRADES }, handle);
    return { http, expires: undefined, reload };
  }
  const first = readTls(files);
  if ('expected' in first) throw new Error(explain(first));
  const { cert, key } = first;
  let { expires } = first;
  const http = createSecureServer(
    { ...options, ...UPGRADES, cert, key, handshakeTimeout: HANDSHAKE_WITHIN },
    handle,
  );

  function look(): void {
    const until = new Date(expires).toISOString();
    if (expires > clock.now()) log.info(`TLS: the certificate is good until ${until}`);
    else log.warn(`TLS: the certificate expired at ${until}`);
  }

  look();
  return {
    http,
    get expires() {
      return expires;
    },
    reload() {
      const tls = readTls(files);
      if ('expected' in tls) return log.error(`TLS: kept as it was; ${explain(tls)}`);
      http.setSecureContext({ cert: tls.cert, key: tls.key });
      expires = tls.expires;
      look();
    },
  };
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

function explain({ path, expected }: BadFile): string {
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
