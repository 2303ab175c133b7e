// A server that catches up after a long break: its source goes as fast as the listeners, and never waits for one
// that takes nothing.

import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { STALLED_FOR } from '../../src/api/socket/outbox.ts';
import { startServer } from '../../src/server/server.ts';
import { CATCHING_UP } from '../../src/source/bluesky/bluesky.ts';
import { FakeClock, passTime } from '../support/fake-clock.ts';
import { startFakeJetstream } from '../support/fake-jetstream.ts';
import { postEvent } from '../support/jetstream-events.ts';
import { connectRaw } from '../support/raw-socket.ts';
import { configOf } from '../support/senti.ts';
import { until } from '../support/until.ts';

const HOUR = 3_600_000;
/** At 3 kB an event, more than an outbox holds for a peer that has just fallen behind. */
const POSTS = 5000;
/** How long the rests take that POSTS need. */
const SHORT_RESTS_MS = (CATCHING_UP.restMs * POSTS) / CATCHING_UP.atOnce;
const LONG_RESTS_MS = (CATCHING_UP.longRestMs * POSTS) / CATCHING_UP.atOnce;
const FILLER = 'x'.repeat(2900);
const LAST = `"text":"coffee ${POSTS - 1} `;

/** Opens so many listeners of every post on a server whose source has POSTS to catch up with. */
async function breakLong(listeners: number) {
  const clock = new FakeClock();
  const jetstream = await startFakeJetstream({ clock });
  onTestFinished(() => jetstream.close());
  const config = configOf('--source', 'bluesky', '--bluesky-url', jetstream.url);
  const log = pino({ level: 'silent' });
  const server = await startServer(config, log, { clock, random: () => 0 });
  onTestFinished(() => server.close());
  const peers = await Promise.all(Array.from({ length: listeners }, () => listen(server)));
  await until(() => jetstream.open === 1);
  // Once every listener has this one, it listens.
  jetstream.emit(postEvent(0, { text: 'coffee first' }));
  for (const { text } of peers) await until(() => text().includes('first'));
  jetstream.terminate();
  await until(() => jetstream.open === 0);
  for (let n = 1; n < POSTS; n++) jetstream.emit(postEvent(n, { text: `coffee ${n} ${FILLER}` }));
  // Of the wall alone, so that only the posts grow old.
  clock.set(clock.now() + 10 * HOUR);
  const numbers = async (name: string) => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(metrics)?.[1]);
  };
  return { clock, peers, numbers };
}

async function listen(server: { readonly url: string }) {
  const raw = await connectRaw(server, '/graphql', 'graphql-transport-ws');
  const chunks: Buffer[] = [];
  const { promise: done, resolve } = Promise.withResolvers<void>();
  raw.socket.on('data', (bytes) => {
    chunks.push(bytes);
    if (Buffer.concat(chunks.slice(-2)).includes(LAST)) resolve();
  });
  raw.send('{"type":"connection_init"}');
  const query = 'subscription { sentiment(track: "coffee") { post { text } } }';
  raw.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
  return { ...raw, text: () => String(Buffer.concat(chunks)), done };
}

function numbersIn(text: string): number[] {
  return [...text.matchAll(/"text":"coffee (\d+) /g)].map(([, n]) => Number(n));
}

const ALL = Array.from({ length: POSTS - 1 }, (_, i) => i + 1);

test('a listener that reads slower than the host sends loses nothing', async () => {
  const { clock, peers, numbers } = await breakLong(1);
  const [{ socket, text, done } = never()] = peers;
  const start = clock.monotonic();
  // It reads 64 KiB in 40 ms, which is about five hundred events a second.
  socket.on('data', () => socket.pause());
  let passed = 0;
  const reading = {
    advance(ms: number) {
      clock.advance(ms);
      passed += ms;
      if (passed % 40 === 0) socket.resume();
    },
  };
  await passTime(reading, done, 2);
  expect(numbersIn(text())).toEqual(ALL);
  expect(await numbers('senti_events_dropped_total')).toBe(0);
  expect(clock.monotonic() - start).toBeGreaterThan(2 * SHORT_RESTS_MS);
});

test('a listener that reads nothing holds the others up, at most until it is evicted', async () => {
  const { clock, peers, numbers } = await breakLong(2);
  const [stalled = never(), { text, done } = never()] = peers;
  stalled.socket.pause();
  const start = clock.monotonic();
  await passTime(clock, done, 10);
  const took = clock.monotonic() - start;
  expect(numbersIn(text())).toEqual(ALL);
  expect(await numbers('senti_evictions_total{reason="stalled"}')).toBe(1);
  expect(took).toBeGreaterThan(STALLED_FOR);
  expect(took).toBeLessThan(LONG_RESTS_MS);
});

function never(): never {
  throw new Error('there are fewer listeners than expected');
}
