// https and wss: a certificate and its key, read at the start, and again when somebody says so.

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Logger } from 'pino';
import type { Clock } from '../base/clock.ts';
import { explain, readTls, type TlsFiles } from '../config/tls-files.ts';

/** Other upgrades are only offers, such as that of HTTP/2 by Java's client, and may be passed over. */
const UPGRADES = {
  shouldUpgradeCallback: ({ headers }: IncomingMessage) =>
    /^websocket$/i.test(headers.upgrade ?? ''),
};
/** How long a peer may take for the handshake of TLS, in milliseconds. */
const HANDSHAKE_WITHIN = 10_000;

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
