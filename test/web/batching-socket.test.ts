import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { BatchingSocket, isSlowed } from '../../src/web/batching-socket.ts';
import { until } from '../support/until.ts';

/** A connection on a page, and what it has handed over. Time stands still, so only a timer ends a batch. */
async function connect() {
  const page = { hidden: false };
  vi.stubGlobal('document', page);
  const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
  const server = new WebSocketServer({ port: 0 });
  onTestFinished(() => {
    now.mockRestore();
    vi.unstubAllGlobals();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const socket = new BatchingSocket(`ws://localhost:${port}`);
  const got: unknown[] = [];
  socket.onmessage = ({ data }) => got.push(data);
  socket.onclose = () => got.push('closed');
  const [peer] = await once(server, 'connection');
  /** Resolves when the browser has got the message. */
  const send = async (message: string) => {
    peer.send(message);
    await once(socket, 'message');
  };
  return { page, socket, peer, got, send };
}

test('a page gets a message at once, and others soon after it together', async () => {
  const { got, send } = await connect();
  await send('first');
  expect(got).toEqual(['first']);
  await send('second');
  await send('third');
  expect(got).toEqual(['first']);
  await until(() => got.length > 1, 'a batch');
  expect(got).toEqual(['first', 'second', 'third']);
});

test('a page gets all messages before it learns that the connection is closed', async () => {
  const { peer, got, send } = await connect();
  for (const message of ['first', 'second']) await send(message);
  peer.close();
  await until(() => got.includes('closed'), 'the connection is closed');
  expect(got).toEqual(['first', 'second', 'closed']);
});

test('what waits for a message goes on before the next one is handed over', async () => {
  const { got, send, socket } = await connect();
  socket.onmessage = async ({ data }) => {
    got.push(data);
    await undefined;
    got.push(`after ${data}`);
  };
  for (const message of ['first', 'second', 'third']) await send(message);
  await until(() => got.length === 6, 'all are handed over');
  expect(got.slice(2)).toEqual(['second', 'after second', 'third', 'after third']);
});

test('a hidden page gets each message at once, because its timers are slow', async () => {
  const { page, got, send } = await connect();
  await send('first');
  page.hidden = true;
  await send('second');
  expect(got).toEqual(['first', 'second']);
});

test('a server that closes a connection for its many messages gets them one at a time, but pings at once', async () => {
  const { socket, peer } = await connect();
  const closed = once(socket, 'close');
  const told = new Promise<CloseEvent>((resolve) => {
    socket.onclose = resolve;
  });
  expect(isSlowed()).toBe(false);
  peer.close(4429, 'Too many messages; send fewer');
  // graphql-ws gives up at 4429.
  expect((await told).code).toBe(1013);
  await closed;
  expect(isSlowed()).toBe(true);
  const next = await connect();
  const got: string[] = [];
  next.peer.on('message', (data: unknown) => got.push(String(data)));
  if (next.socket.readyState !== WebSocket.OPEN) await once(next.socket, 'open');
  const timer = vi.spyOn(globalThis, 'setTimeout');
  for (const message of ['first', 'second', 'third', '{"type":"ping"}']) next.socket.send(message);
  const waits = timer.mock.calls.map(([, wait]) => wait);
  timer.mockRestore();
  expect(waits).toEqual([0, 250, 500]);
  await until(() => got.length === 4, 'all messages are sent');
  expect(got).toEqual(['{"type":"ping"}', 'first', 'second', 'third']);
});
