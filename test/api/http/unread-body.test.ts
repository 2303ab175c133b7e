// A client that goes on sending a body after its answer costs little, and still gets to read the answer.

import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { REST_ARRIVES_WITHIN, REST_BYTES } from '../../../src/api/http/unread-body.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { configOf, startSenti } from '../../support/senti.ts';
import { until } from '../../support/until.ts';

const JSON_TYPE = 'Content-Type: application/json\r\n';
const ENDLESS = 'Content-Length: 1000000000000\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
/** What the kernel of this machine may take for a peer that does not read, in bytes. */
const KERNEL_BYTES = 30_000_000;

async function open(clock = new FakeClock()) {
  const { url } = await startSenti(undefined, clock);
  const { port, hostname } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  let received = '';
  let error: Error | undefined;
  socket.on('data', (bytes) => {
    received += bytes;
  });
  socket.on('error', (each) => {
    error = each;
  });
  await once(socket, 'connect');
  return {
    clock,
    url,
    socket,
    get received() {
      return received;
    },
    get error() {
      return error;
    },
    begin: (request: string, headers: string) =>
      socket.write(`${request} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`),
  };
}

describe('a body that has no end', () => {
  test.each([
    ['POST /graphql', `Content-Type: text/plain\r\n${ENDLESS}`, 415, 'close'],
    ['POST /graphql', JSON_TYPE + ENDLESS, 413, 'close'],
    ['POST /graphql', JSON_TYPE + CHUNKED, 413, 'keep-alive'],
    ['POST /nothing', CHUNKED, 404, 'keep-alive'],
    ['POST /nothing', `Connection: close\r\n${CHUNKED}`, 404, 'close'],
    ['GET /health', ENDLESS, 200, 'close'],
  ])('of a %s with %j is answered with %d, and soon its connection closes', async (...asked) => {
    const [request, headers, status, connection] = asked;
    const client = await open();
    const { socket, clock } = client;
    client.begin(request, headers);
    const piece = 'x'.repeat(0x10000);
    const sent = headers.includes(CHUNKED) ? `10000\r\n${piece}\r\n` : piece;
    // Until the server reads no more.
    while (socket.writableLength < 10 * sent.length && socket.bytesWritten < KERNEL_BYTES) {
      socket.write(sent);
      await setImmediate();
    }
    expect(socket.bytesWritten - socket.writableLength).toBeLessThan(KERNEL_BYTES);
    await until(() => client.received.includes('\r\n\r\n'), 'the answer');
    expect(client.received).toMatch(
      new RegExp(`^HTTP/1.1 ${status} .*\r\nconnection: ${connection}\r\n`, 'is'),
    );
    clock.advance(REST_ARRIVES_WITHIN);
    await until(() => socket.closed, 'the connection closes');
    const metrics = await (await fetch(`${client.url}/metrics`)).text();
    expect(metrics).toMatch(/senti_rejections_total\{reason="size"\} [12]\n/);
  });
});

test('a long body that the limit allows leaves its connection open', async () => {
  const { url } = await startSenti(configOf('--max-message-bytes', String(4 * REST_BYTES)));
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: `{ __typename } #${'x'.repeat(2 * REST_BYTES)}` }),
  });
  expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
  expect(response.headers.get('connection')).toBe('keep-alive');
});

describe('a body that ends soon after its answer', () => {
  const REST = 'x'.repeat(REST_BYTES / 2);

  test('leaves its connection open for further requests', async () => {
    const client = await open();
    for (let i = 1; i <= 20; i++) {
      client.begin('POST /nothing', `Content-Length: ${REST.length}\r\n`);
      await until(() => client.received.split('404 Not Found').length === i + 1, 'the answer');
      client.socket.write(REST);
    }
    client.begin('GET /health', '');
    await until(() => client.received.includes('"alive"'), 'the next answer');
    client.clock.advance(REST_ARRIVES_WITHIN);
    client.begin('GET /health', '');
    await until(() => client.received.split('"alive"').length === 3, 'the last answer');
  });

  test('does not cost its client the answer, if that closes the connection', async () => {
    const client = await open();
    const { socket } = client;
    // As a client that looks for the answer only once it has sent all.
    socket.pause();
    client.begin('POST /nothing', `Connection: close\r\nContent-Length: ${REST.length}\r\n`);
    for (let at = 0; at < REST.length; at += 0x1000) {
      socket.write(REST.slice(at, at + 0x1000));
      await setImmediate();
    }
    socket.resume().end();
    await until(() => socket.closed, 'the connection closes');
    expect(client.received).toMatch(/^HTTP\/1\.1 404 .*Nothing here/s);
    expect(client.error).toBe(undefined);
  });
});
