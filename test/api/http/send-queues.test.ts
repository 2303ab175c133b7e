import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createSendQueues } from '../../../src/api/http/send-queues.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const HALF_A_MEBIBYTE = 2 ** 19;

/** Returns both ends of a connection to `to`, with a server that listens on `on`. */
async function connectTo(to: string, on = to) {
  const server = createServer();
  server.listen(0, on);
  await once(server, 'listening');
  const peer = connect((server.address() as AddressInfo).port, to);
  const [socket] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => {
    socket.destroy();
    peer.destroy();
    server.close();
  });
  return { socket, peer };
}

describe.skipIf(process.platform !== 'linux')('the send queue of a connection', () => {
  test.each([
    ['IPv4', '127.0.0.1', '127.0.0.1'],
    ['IPv6', '::1', '::1'],
    ['IPv4 to an IPv6 server', '127.0.0.1', '::'],
  ])('over %s changes as its peer reads', async (_, to, on) => {
    const clock = new FakeClock();
    const queueOf = createSendQueues(clock);
    const { socket, peer } = await connectTo(to, on);
    expect(queueOf(socket)).toBe(0);
    while (socket.write(Buffer.alloc(HALF_A_MEBIBYTE)));
    clock.advance(10_000);
    const full = queueOf(socket);
    expect(full).toBeGreaterThan(0);
    let read = 0;
    peer.on('data', ({ length }) => {
      read += length;
    });
    while (read < 4 * HALF_A_MEBIBYTE && socket.writableLength > 0) await setImmediate();
    // Still the old value, because one read of the kernel's table serves many queries.
    expect(queueOf(socket)).toBe(full);
    clock.advance(10_000);
    expect(queueOf(socket)).not.toBe(full);
  });
});
