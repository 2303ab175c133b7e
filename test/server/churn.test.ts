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
const TIMES = 300;
/** As pino numbers it. */
const INFO = 30;
/** Each time takes three messages, and a client may send 100 a second. */
const EACH_MS = 30;

/** A server with one client, which subscribes and completes as fast as it may. */
async function churn(...argv: readonly string[]) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  const server = await startServer(configOf(...argv), log, { clock });
  onTestFinished(() => server.close());
  const address = `${server.url.replace('http', 'ws')}/graphql`;
  const socket = new WebSocket(address, 'graphql-transport-ws');
  onTestFinished(() => socket.terminate());
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(JSON.parse(String(data)).type));
  const say = (message: object) => socket.send(JSON.stringify(message));
  const hear = async (type: string) => {
    while (!heard.includes(type)) await once(socket, 'message');
    heard.length = 0;
  };
  const subscribe = (id: string) => say({ id, type: 'subscribe', payload: { query: QUERY } });
  await once(socket, 'open');
  say({ type: 'connection_init' });
  await hear('connection_ack');
  for (let i = 0; i < TIMES; i++) {
    subscribe(String(i));
    say({ id: String(i), type: 'complete' });
    say({ type: 'ping' });
    await hear('pong');
    clock.advance(EACH_MS);
  }
  return { clock, lines, subscribe, hear };
}

test('a client that keeps subscribing and completing causes one connection to Jetstream', async () => {
  const jetstream = await startFakeJetstream();
  onTestFinished(() => jetstream.close());
  const { lines, subscribe, hear } = await churn(
    '--source=bluesky',
    `--bluesky-url=${jetstream.url}`,
  );
  subscribe('last');
  await jetstream.untilHandshake(1);
  let n = 0;
  const posts = setInterval(() => jetstream.emit(postEvent(n++, { text: 'coffee' })), 10);
  onTestFinished(() => clearInterval(posts));
  await hear('next');
  expect(jetstream.handshakes).toBe(1);
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['source: connecting', 'source: live']);
});

test('the log reports a few starts and stops of a source a minute, and then how many more', async () => {
  const { clock, lines } = await churn('--source=sample');
  expect(lines.length).toBe(LINES_A_MINUTE);
  expect(JSON.parse(lines[0] ?? '').msg).toBe('source: live');
  clock.advance(60_000);
  const more = (2 * TIMES - LINES_A_MINUTE).toLocaleString('en-US');
  const info = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === INFO);
  expect(info.at(-1)).toMatchObject({ msg: `and ${more} more (state)`, state: { name: 'idle' } });
  expect(info.length).toBe(LINES_A_MINUTE + 1);
});
