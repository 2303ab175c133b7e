// Pipelined requests are served in order, one at a time, and bounded while they wait.

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { getIntrospectionQuery } from 'graphql';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createPipelines, WAITS_FOR } from '../../../src/api/http/pipeline.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { startSenti } from '../../support/senti.ts';
import { recordTelemetry } from '../../support/telemetry.ts';
import { ticks, until } from '../../support/until.ts';

const MAX_PIPELINED = 32;

function open({ url }: { readonly url: string }) {
  const { port, hostname } = new URL(url);
  const socket: Socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  return {
    socket,
    get received() {
      return received;
    },
  };
}

const get = (path: string, headers = '') =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;

function ask(query: string, accept = 'application/json'): string {
  const body = JSON.stringify({ query });
  return (
    `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: ${accept}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  );
}

const stream = (track: string) =>
  ask(`subscription { sentiment(track: "${track}") { score } }`, 'text/event-stream');

const UPGRADE = get(
  '/track',
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
);

async function metric({ url }: { readonly url: string }, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1],
  );
}
const PIPELINED = 'senti_rejections_total{reason="pipelined"}';

describe('pipelined requests', () => {
  test('are answered in order, whatever their kind', async () => {
    const senti = await startSenti();
    const client = open(senti);
    let requests = '';
    for (let i = 0; i < MAX_PIPELINED; i++) {
      requests += i % 2 === 0 ? ask(`{ a${i}: __typename }`) : get(`/nothing`);
    }
    client.socket.write(requests);
    await until(
      () => client.received.split('HTTP/1.1 ').length - 1 === MAX_PIPELINED,
      'all requests are answered',
    );
    const answers = client.received.split('HTTP/1.1 ').slice(1);
    for (const [i, answer] of answers.entries()) {
      expect(answer).toContain(i % 2 === 0 ? `{"a${i}":"Query"}` : 'Nothing here');
    }
    expect(await metric(senti, PIPELINED)).toBe(0);
  });

  test('are served one at a time, each with the connection to itself', async () => {
    const begun: ServerResponse[] = [];
    const pipelines = createPipelines(systemClock, recordTelemetry(), 0);
    const server = createServer(
      pipelines.inOrder((_request, response) => {
        expect(response.socket).not.toBe(null);
        begun.push(response);
      }),
    );
    onTestFinished(() => void server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = open({ url: `http://127.0.0.1:${port}` });
    client.socket.write(get('/').repeat(4));
    await until(() => begun.length > 0);
    for (let i = 1; i < 4; i++) {
      await ticks(5);
      expect(begun).toHaveLength(i);
      begun[i - 1]?.end('x');
      await until(() => begun.length > i, 'the next request begins');
    }
    client.socket.destroy();
    await once(begun[3] as ServerResponse, 'close');
  });

  test.each([
    ['closes', ''],
    ['is upgraded', UPGRADE],
  ])('for streams leave no listener when their connection %s', async (_, last) => {
    const senti = await startSenti();
    const clients = Array.from({ length: 20 }, () => open(senti));
    for (const { socket } of clients) {
      socket.write(Array.from({ length: 20 }, (_, i) => stream(`t${i}`)).join(''));
    }
    await until(
      () => clients.every(({ received }) => received.includes(':\n\n')),
      'all streams are open',
    );
    expect(senti.source.wanted).toEqual([['t0']]);
    expect(await metric(senti, 'senti_listeners')).toBe(20);
    for (const { socket } of clients) {
      if (last === '') socket.destroy();
      else socket.write(last);
    }
    await until(() => senti.source.wanted.length > 1, 'no client listens');
    expect(senti.source.wanted).toEqual([['t0'], []]);
    await until(
      () => clients.every(({ socket }) => socket.destroyed),
      'all connections are closed',
    );
    expect(await metric(senti, 'senti_listeners')).toBe(0);
    expect(await metric(senti, 'senti_sockets{surface="track"}')).toBe(0);
    expect(await metric(senti, PIPELINED)).toBe(last === '' ? 0 : 20);
  });

  test('close their connection after a while behind a stream of events', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(undefined, clock);
    const unpipelined = open(senti);
    unpipelined.socket.write(stream('coffee'));
    const client = open(senti);
    client.socket.write(stream('tea') + ask('{ __typename }').repeat(3));
    await until(() => senti.source.wanted.at(-1)?.length === 2, 'both clients listen');
    await until(() => clock.pending > 0);
    clock.advance(WAITS_FOR - 1);
    await ticks(20);
    expect(client.socket.destroyed).toBe(false);
    clock.advance(1);
    await once(client.socket, 'close');
    await until(() => senti.source.wanted.at(-1)?.length === 1, 'one client listens');
    expect(client.received).not.toContain('__typename');
    expect(await metric(senti, PIPELINED)).toBe(1);
    clock.advance(2 * WAITS_FOR);
    await ticks(20);
    expect(await metric(senti, PIPELINED)).toBe(1);
    expect(unpipelined.socket.destroyed).toBe(false);
  });

  test('with the headers of a browser may wait behind a stream', async () => {
    const senti = await startSenti();
    const client = open(senti);
    const headers = 'Sec-Fetch-Header: a value of usual length\r\n'.repeat(20);
    const usual = get('/health', headers).repeat(MAX_PIPELINED - 1);
    client.socket.write(stream('coffee') + usual);
    await until(() => client.received.includes(':\n\n'), 'the stream is open');
    expect(await metric(senti, PIPELINED)).toBe(0);
    expect(await metric(senti, 'senti_listeners')).toBe(1);
  });

  test.each([
    ['heads', get('/health', `X-Long: ${'x'.repeat(12_000)}\r\n`)],
    ['bodies', ask(`{ __typename } #${'x'.repeat(12_000)}`)],
    ['numbers of small headers', get('/health', 'a:b\r\n'.repeat(300))],
  ])('with large %s behind a stream end their connection', async (_, large) => {
    const senti = await startSenti();
    const client = open(senti);
    client.socket.write(stream('coffee') + large.repeat(MAX_PIPELINED - 1));
    await until(() => client.socket.destroyed, 'the connection is closed');
    expect(await metric(senti, PIPELINED)).toBe(1);
    expect(await metric(senti, 'senti_listeners')).toBe(0);
  });

  test('behind a malformed request are not served', async () => {
    const senti = await startSenti();
    const client = open(senti);
    client.socket.write(`${ask('{ __typename }')}GET / HTTP/1.1\r\n\r\n${stream('coffee')}`);
    await once(client.socket, 'close');
    expect(client.received).toMatch(/^HTTP\/1\.1 200 .*HTTP\/1\.1 400 /s);
    await ticks(20);
    expect(senti.source.wanted).toEqual([]);
  });

  test('with large responses take no memory while they wait behind a stream', async () => {
    const senti = await startSenti();
    const introspection = ask(getIntrospectionQuery());
    const before = process.memoryUsage();
    const clients = Array.from({ length: 50 }, () => open(senti));
    for (const { socket } of clients) socket.write(stream('coffee') + introspection.repeat(31));
    await until(
      () => clients.every(({ received }) => received.includes(':\n\n')),
      'all streams are open',
    );
    await ticks(100);
    expect(await metric(senti, 'senti_listeners')).toBe(50);
    const { external, heapUsed } = process.memoryUsage();
    expect(external + heapUsed - before.external - before.heapUsed).toBeLessThan(30_000_000);
  });
});

test('an upgrade behind an unanswered request closes its connection, and is counted', async () => {
  const senti = await startSenti();
  const client = open(senti);
  client.socket.write(ask('{ __typename }') + UPGRADE);
  await once(client.socket, 'close');
  expect(client.received).not.toContain('101');
  expect(await metric(senti, PIPELINED)).toBe(1);
});

test('an upgrade after an answer, on the same connection, opens a socket', async () => {
  const senti = await startSenti();
  const client = open(senti);
  client.socket.write(ask('{ __typename }'));
  await until(() => client.received.includes('"Query"'));
  client.socket.write(UPGRADE);
  await until(() => client.received.includes('HTTP/1.1 101 '));
  expect(await metric(senti, PIPELINED)).toBe(0);
});
