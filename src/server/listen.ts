// Opens the one port that serves everything.

import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config/options.ts';

/** Resolves with the address, such as `http://127.0.0.1:8000`. Rejects when it cannot listen, as on a port in use. */
export async function listen(http: Server, { host, port, tlsCert }: Config): Promise<string> {
  http.listen(port, host);
  await once(http, 'listening');
  const at = http.address() as AddressInfo;
  const scheme = tlsCert === undefined ? 'http' : 'https';
  return `${scheme}://${at.family === 'IPv6' ? `[${at.address}]` : at.address}:${at.port}`;
}
