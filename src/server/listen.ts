// Opens the one port that serves everything.

import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config/options.ts';

/** A server listens on these, but no client can open them. */
const LOOPBACKS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Resolves with an address that this machine can open, such as `http://127.0.0.1:8000`. Rejects when it cannot listen, as on a port in use. */
export async function listen(http: Server, { host, port, tlsCert }: Config): Promise<string> {
  http.listen(port, host);
  await once(http, 'listening');
  const at = http.address() as AddressInfo;
  const scheme = tlsCert === undefined ? 'http' : 'https';
  const address = LOOPBACKS[at.address] ?? at.address;
  return `${scheme}://${at.family === 'IPv6' ? `[${address}]` : address}:${at.port}`;
}
