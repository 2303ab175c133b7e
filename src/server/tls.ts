// https and wss, with the certificate and key of the configuration. SIGHUP reads their files again.

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
import type { Config } from '../config/options.ts';
import { rereadTls, type Tls } from '../config/tls-files.ts';

/** Ignores other upgrades. They are only offers, such as that of HTTP/2 by Java's client. */
const UPGRADES = {
  shouldUpgradeCallback: ({ headers }: IncomingMessage) =>
    /^websocket$/i.test(headers.upgrade ?? ''),
};
/** How long a peer may take for the handshake of TLS, in milliseconds. */
const HANDSHAKE_WITHIN = 10_000;

interface HttpServer {
  readonly http: Server;
  /** When the certificate in use expires, in milliseconds since 1970. Undefined for plain HTTP. */
  readonly expires: number | undefined;
  /**
   * Reads the files again, for new connections. Open connections keep their certificate.
   * Files that cannot be used are logged, and change nothing.
   */
  reload(): void;
}

export function createHttpServer(
  { tlsCert, tlsKey }: Pick<Config, 'tlsCert' | 'tlsKey'>,
  options: ServerOptions,
  handle: RequestListener,
  log: Logger,
  clock: Clock,
): HttpServer {
  if (!tlsCert || !tlsKey) {
    const reload = () => log.info('there is no TLS certificate to read again');
    const http = createServer({ ...options, ...UPGRADES }, handle);
    return { http, expires: undefined, reload };
  }
  let tls: Tls = { cert: tlsCert, key: tlsKey };
  const http = createSecureServer(
    { ...options, ...UPGRADES, ...secureContext(tls), handshakeTimeout: HANDSHAKE_WITHIN },
    handle,
  );
  logExpiry(tls, log, clock);
  return {
    http,
    get expires() {
      return expiryOf(tls);
    },
    reload() {
      const reread = rereadTls(tls);
      if (typeof reread === 'string') return log.error(`TLS: kept the old certificate. ${reread}`);
      tls = reread;
      http.setSecureContext(secureContext(tls));
      logExpiry(tls, log, clock);
    },
  };
}

function secureContext({ cert, key }: Tls) {
  return { cert: cert.pem, key: key.pem };
}

function expiryOf({ cert }: Tls): number {
  return cert.content.validToDate.getTime();
}

function logExpiry(tls: Tls, log: Logger, clock: Clock): void {
  const expires = expiryOf(tls);
  const until = new Date(expires).toISOString();
  if (expires > clock.now()) log.info(`TLS: the certificate is valid until ${until}`);
  else log.warn(`TLS: the certificate expired at ${until}`);
}
