// Opens the one port that serves everything.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config/options.ts';

/** Resolves with the address, such as `http://127.0.0.1:8000`. Rejects when it cannot listen, as on a port in use. */
export function listen(http: Server, { host, port, tlsCert }: Config): Promise<string> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => {
      http.off('error', reject);
      const at = http.address() as AddressInfo;
      const scheme = tlsCert === undefined ? 'http' : 'https';
      resolve(`${scheme}://${at.family === 'IPv6' ? `[${at.address}]` : at.address}:${at.port}`);
    });
  });
}
