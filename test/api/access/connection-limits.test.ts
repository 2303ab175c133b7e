// The limits of connections and attempts. The connections are real; only their addresses are made up.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as secure } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConnectionLimits, MAX_REJECTED_OPEN } from '../../../src/api/access/connection-limits.ts';
import {
  MAX_SELECTIONS_PER_ADDRESS,
  MAX_WINDOWS_PER_ADDRESS,
} from '../../../src/api/access/work-budget.ts';
import { UserError } from '../../../src/base/user-error.ts';
import { createCertificate, writeCertificate } from '../../support/certificate.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { configOf } from '../../support/senti.ts';
import { recordTelemetry } from '../../support/telemetry.ts';
import { until } from '../../support/until.ts';

type Protocol = 'http' | 'https';

const start = (...argv: readonly string[]) => startOver('http', ...argv);

async function startOver(protocol: Protocol, ...argv: readonly string[]) {
  const clock = new FakeClock();
  const telemetry = recordTelemetry();
  const certificate = createCertificate('localhost');
  const { tlsCert, tlsKey } = writeCertificate(certificate);
  const tls = protocol === 'https' ? ['--tls-cert', tlsCert, '--tls-key', tlsKey] : [];
  const connectionLimits = new ConnectionLimits(configOf(...argv, ...tls), clock, telemetry);
  const handle: RequestListener = (request, response) => {
    const rejection = connectionLimits.admit(request, response);
    response.writeHead(rejection?.status ?? 200).end();
  };
  const server =
    protocol === 'http' ? createServer(handle) : createSecureServer(certificate, handle);
  let address = '';
  let connections = 0;
  const setAddress = (socket: Socket) =>
    Object.defineProperty(socket, 'remoteAddress', { value: address });
  server.on('connection', (socket) => {
    setAddress(socket);
    connectionLimits.connected(socket);
    connections += 1;
  });
  // The TLS socket that wraps the connection.
  server.on('secureConnection', setAddress);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    clock,
    rejections: telemetry.rejections,
    connectionLimits,
    /** Connects from the address `as`, and from `localPort` if it is given. */
    async open(as: string, localPort?: number): Promise<Socket> {
      address = as;
      const before = connections;
      const socket = connect({ port, host: '127.0.0.1', ...(localPort && { localPort }) });
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => {});
      await until(
        () => connections > before && !socket.connecting,
        'the server has accepted the connection',
      );
      return socket;
    },
  };
}

/** Sends a request on an open connection and returns the status. */
async function get(socket: Socket): Promise<number> {
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const [answer] = await once(socket, 'data');
  return Number(/^HTTP\/1\.1 (\d+)/.exec(String(answer))?.[1]);
}

describe('an address', () => {
  test('may open a limited number of connections, with or without requests', async () => {
    const { open, rejections } = await start('--max-sockets-per-address', '2');
    const silent = [await open('192.0.2.1'), await open('::ffff:192.0.2.1')];
    expect(await get(await open('192.0.2.1'))).toBe(429);
    expect(await get(await open('192.0.2.2'))).toBe(200);
    silent[0]?.end();
    await once(silent[0] as Socket, 'close');
    await until(() => rejections.length === 1);
    expect(await get(await open('192.0.2.1'))).toBe(200);
  });

  test('may make a limited number of attempts, by connection or request, and more after a wait', async () => {
    const { open, clock, rejections } = await start('--max-attempts-per-address', '3');
    const socket = await open('192.0.2.1');
    expect(await get(socket)).toBe(200);
    expect(await get(socket)).toBe(200);
    expect(await get(socket)).toBe(200);
    expect(await get(socket)).toBe(429);
    expect(await get(await open('192.0.2.1'))).toBe(429);
    clock.advance(1000);
    expect(await get(await open('192.0.2.1'))).toBe(200);
    expect(new Set(rejections)).toEqual(new Set(['attempts-per-address']));
  });

  test('has the same limit of attempts on a full server', async () => {
    const { open } = await start('--max-sockets', '1', '--max-attempts-per-address', '2');
    await open('192.0.2.9');
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push(await get(await open('192.0.2.1')));
    expect(statuses).toEqual([503, 503, 429]);
  });

  test('that is rejected does not use up the attempts of others', async () => {
    const { open } = await start('--max-attempts', '5', '--max-attempts-per-address', '1');
    for (let i = 0; i < 20; i++) await open('192.0.2.1');
    expect(await get(await open('192.0.2.2'))).toBe(200);
  });

  test('is forgotten after it disconnects, so that many addresses take no memory', async () => {
    const { open, connectionLimits, clock } = await start();
    const remaining = await open('192.0.2.1');
    for (let i = 0; i < 5000; i++) {
      clock.advance(1000);
      const socket = await open(`2001:db8:${i.toString(16)}::1`);
      socket.destroy();
      if (i % 100 === 0) await until(() => socket.closed);
    }
    expect(connectionLimits.addresses).toBeLessThan(3000);
    expect(await get(remaining)).toBe(200);
  });

  test.each([
    ['selections', MAX_SELECTIONS_PER_ADDRESS],
    ['windows', MAX_WINDOWS_PER_ADDRESS],
  ] as const)('is remembered while it has %s, so that their limit holds', (kind, most) => {
    const limits = new ConnectionLimits(configOf(), new FakeClock(), recordTelemetry());
    const workOf = (remoteAddress: string) =>
      limits.workOf({ headers: {}, socket: { remoteAddress } } as unknown as IncomingMessage);
    for (let i = 0; i < most; i++) workOf('192.0.2.1').hold(kind, `${i}`);
    for (let i = 0; i < 5000; i++) workOf(`2001:db8:${i.toString(16)}::1`);
    expect(limits.addresses).toBeLessThan(3000);
    expect(workOf('192.0.2.1').hold(kind, 'one more')).toBeInstanceOf(UserError);
  });
});

/** A port below 32768, so that the system does not assign it to another connection. */
function choosePort(): number {
  return 10_000 + Math.floor(20_000 * Math.random());
}

describe.each<Protocol>(['http', 'https'])('a connection over %s', (protocol) => {
  /** Returns the socket that carries HTTP: the connection itself, or TLS over it. */
  async function channelOver(socket: Socket): Promise<Socket> {
    if (protocol === 'http') return socket;
    const channel = secure({ socket, rejectUnauthorized: false });
    channel.on('error', () => {});
    await once(channel, 'secureConnect');
    return channel;
  }

  test('from the port of a reset connection still counts its requests', async () => {
    const { open } = await startOver(protocol, '--max-attempts-per-address', '5');
    const localPort = choosePort();
    let socket = await open('192.0.2.1', localPort);
    // The server sees the reset and the new connection in the same tick.
    for (let i = 0; i < 2; i++) {
      socket.resetAndDestroy();
      socket = await open('192.0.2.1', localPort);
    }
    const channel = await channelOver(socket);
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push(await get(channel));
    // The connection was the third attempt, which covers its first request.
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
  });

  test('from the port of a reset connection stays rejected', async () => {
    const { open } = await startOver(protocol, '--max-sockets', '1');
    await open('192.0.2.9');
    const localPort = choosePort();
    const reset = await open('192.0.2.1', localPort);
    reset.resetAndDestroy();
    const channel = await channelOver(await open('192.0.2.1', localPort));
    expect([await get(channel), await get(channel)]).toEqual([503, 503]);
  });
});

describe('a rejected connection', () => {
  test('closes if its client sends no request', async () => {
    const { open, clock } = await start('--max-sockets', '1');
    await open('192.0.2.1');
    const rejected = await open('192.0.2.2');
    rejected.resume();
    const closed = once(rejected, 'close');
    clock.advance(2000);
    await closed;
  });

  test('closes without a response while too many others wait for theirs', async () => {
    const { open } = await start('--max-sockets', '1', '--max-attempts', 'none');
    await open('192.0.2.1');
    for (let i = 0; i < MAX_REJECTED_OPEN; i++) await open('192.0.2.2');
    expect(await text(await open('192.0.2.2'))).toBe('');
  });
});
