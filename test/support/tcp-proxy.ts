// A stretch of network that a test can break: it passes each connection on to another port.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface TcpProxy {
  readonly port: number;
  /** Breaks every connection, and those that come. */
  cut(): void;
  /** Keeps connections, and lets nothing through any more. */
  stall(): void;
  /** Everything goes through again, and what connects from now on to another port if there is one. */
  mend(port?: number): void;
}

export async function startProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isCut = false;
  let isStalled = false;
  const server = createServer((near) => {
    if (isCut) return near.destroy();
    const far = connect(target, '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const socket of pair) {
      socket.on('error', () => {});
      socket.once('close', () => {
        near.destroy();
        far.destroy();
        pairs.delete(pair);
      });
    }
    far.on('data', (bytes) => near.write(bytes));
    near.on('data', (bytes) => far.write(bytes));
    if (isStalled) for (const socket of pair) socket.pause();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  function cut(): void {
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
  }
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      cut();
    },
    stall() {
      isStalled = true;
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    mend(port = target) {
      target = port;
      isCut = false;
      isStalled = false;
      for (const pair of pairs) for (const socket of pair) socket.resume();
    },
  };
}
