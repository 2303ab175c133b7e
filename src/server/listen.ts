// Opens the port that serves everything, and the process's own one beside it.

import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net';
import type { Config } from '../config/options.ts';

/** A server listens on these, but no client can open them. */
const LOOPBACKS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * Connections that may wait to be accepted; the system allows 4,096 unless told otherwise. With the 511 of Node.js, a
 * thousand clients that come back at once lose some attempts, and try again a second later.
 */
const BACKLOG = 4096;

interface Listening {
  /** An address that this machine can open, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /** The same for the process's own port. Undefined without one. */
  readonly ownUrl: string | undefined;
}

/** Rejects when it cannot listen, as on a port in use. */
export async function listen(http: Server, config: Config): Promise<Listening> {
  const { port, host, reusePort, ownPort } = config;
  // First, so that a process that cannot start takes no clients of the shared port.
  const own = ownPort === undefined ? undefined : await openOwn(http, ownPort, host);
  try {
    await open(http, { port, host, reusePort });
  } catch (error) {
    own?.close();
    throw error;
  }
  return { url: urlOf(http, config), ownUrl: own && urlOf(own, config) };
}

/** Gives each connection to `http`, so that all limits and TLS hold there too. Closes with it. */
async function openOwn(http: Server, port: number, host: string): Promise<NetServer> {
  const own = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    http.emit('connection', socket);
  });
  await open(own, { port, host });
  own.on('error', (error) => http.emit('error', error));
  http.once('close', () => own.close());
  return own;
}

async function open(
  server: NetServer,
  at: { readonly port: number; readonly host: string; readonly reusePort?: boolean },
): Promise<void> {
  server.listen({ ...at, backlog: BACKLOG });
  await once(server, 'listening');
}

function urlOf(server: NetServer, { tlsCert }: Config): string {
  const at = server.address() as AddressInfo;
  const scheme = tlsCert === undefined ? 'http' : 'https';
  const address = LOOPBACKS[at.address] ?? at.address;
  return `${scheme}://${at.family === 'IPv6' ? `[${address}]` : address}:${at.port}`;
}
