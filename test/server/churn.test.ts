// Clients that come and go all the time cost neither the upstream nor the log.

import { once } from 'node:events';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { LINES_A_MINUTE } from '../../src/api/metrics/bounded-log.ts';
import { startServer } from '../../src/server/server.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startFakeJetstream } from '../support/fake-jetstream.ts';
import { postEvent } from '../support/jetstream-events.ts';
import { configOf } from '../support/senti.ts';

const QUERY = 'subscription { sentiment(track: "coffee") { polarityIndex } }';
const ROUNDS = 300;
/** Pino's number for this level. */
const INFO = 30;
/** A round takes three messages, and a client may send 100 a second. */
const ROUND_MS = 30;

/** Starts a server with one client that subscribes and completes as fast as the limits allow. */
async function churn(...argv: readonly string[]) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  const server = await startServer(configOf(...argv), log, { clock });
  onTestFinished(() => server.close());
  const address = `${server.url.replace('http', 'ws')}/graphql`;
  const socket = new WebSocket(address, 'graphql-transport-ws');
  onTestFinished(() => socket.terminate());
  const received: string[] = [];
  socket.on('message', (data) => received.push(JSON.parse(String(data)).type));
  const send = (message: object) => socket.send(JSON.stringify(message));
  const receive = async (type: string) => {
    while (!received.includes(type)) await once(socket, 'message');
    received.length = 0;
  };
  const subscribe = (id: string) => send({ id, type: 'subscribe', payload: { query: QUERY } });
  await once(socket, 'open');
  send({ type: 'connection_init' });
  await receive('connection_ack');
  for (let i = 0; i < ROUNDS; i++) {
    subscribe(String(i));
    send({ id: String(i), type: 'complete' });
    send({ type: 'ping' });
    await receive('pong');
    clock.advance(ROUND_MS);
  }
  return { clock, lines, subscribe, receive };
}

test('a client that keeps subscribing and completing causes only one connection to Jetstream', async () => {
  const jetstream = await startFakeJetstream();
  onTestFinished(() => jetstream.close());
  const { lines, subscribe, receive } = await churn(
    '--source=bluesky',
    `--bluesky-url=${jetstream.url}`,
  );
  subscribe('last');
  await jetstream.untilHandshake(1);
  let n = 0;
  const posts = setInterval(() => jetstream.emit(postEvent(n++, { text: 'coffee' })), 10);
  onTestFinished(() => clearInterval(posts));
  await receive('next');
  expect(jetstream.handshakes).toBe(1);
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
    'source bluesky: connecting',
    'source bluesky: live',
  ]);
});

test('the log shows a few starts and stops of a source a minute, then the number of the rest', async () => {
  const { clock, lines } = await churn('--source=sample');
  expect(lines.length).toBe(LINES_A_MINUTE);
  expect(JSON.parse(lines[0] ?? '').msg).toBe('source sample: live');
  clock.advance(60_000);
  const more = (2 * ROUNDS - LINES_A_MINUTE).toLocaleString('en-US');
  const info = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === INFO);
  expect(info.at(-1)).toMatchObject({
    msg: `and ${more} more (state, sample)`,
    state: { name: 'idle' },
  });
  expect(info.length).toBe(LINES_A_MINUTE + 1);
});
