// Large files, and peers that do not read them.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createPlain, type RequestListener, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { type AddressInfo, connect as connectPlain, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createFile, type File, serveFile } from '../../../src/api/http/static-file.ts';
import { createCertificate } from '../../support/certificate.ts';
import { ticks } from '../../support/until.ts';

/** More than the kernel's buffers hold for one connection. */
const SIZE = 24 * 1024 * 1024;
/** The bound on the unsent bytes of one connection in this process. */
const MAX_WAITING = 256 * 1024;
const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

const { cert, key } = createCertificate('one');
const SERVERS: Record<string, (handle: RequestListener) => Server> = {
  http: (handle) => createPlain(handle),
  https: (handle) => createSecure({ cert, key }, handle),
};

let file: File;

beforeAll(async () => {
  file = await createFile(randomBytes(SIZE), { 'content-type': 'text/html' });
});

async function open(scheme: string) {
  let served: Socket | undefined;
  const handle: RequestListener = (request, response) => {
    served = request.socket;
    serveFile(file, request, response);
  };
  const server = SERVERS[scheme]?.(handle) as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = '127.0.0.1';
  const socket: Socket =
    scheme === 'http'
      ? connectPlain({ port, host })
      : connectSecure({ port, host, rejectUnauthorized: false });
  onTestFinished(() => {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  await once(socket, scheme === 'http' ? 'connect' : 'secureConnect');
  return { socket, waiting: () => served?.writableLength };
}

describe.each(Object.keys(SERVERS))('a large file over %s', (scheme) => {
  test('is buffered in pieces for a peer that does not read, and arrives complete once it does', async () => {
    const { socket, waiting } = await open(scheme);
    socket.pause();
    socket.write(REQUEST);
    let most = 0;
    for (let quiet = 0; quiet < 1000; quiet++) {
      await ticks(1);
      most = Math.max(most, waiting() ?? 0);
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(MAX_WAITING);
    let received = 0;
    socket.on('data', (chunk) => {
      received += chunk.length;
    });
    socket.resume();
    await once(socket, 'close');
    expect(received).toBeGreaterThan(SIZE);
  });
});
