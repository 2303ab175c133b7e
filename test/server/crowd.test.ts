// A crowd that asks for something at once is served a little in each tick, so that live events pass in between.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import { connectRaw } from '../support/raw-socket.ts';
import { configOf, type Senti, startSenti } from '../support/senti.ts';
import { until } from '../support/until.ts';

const CROWD = 40;
/** A tick may do a step of its own, and one that waited. */
const A_TICK = 2;

/** Every look at the clock takes a millisecond, so that a tick has time for one step. */
class SlowClock extends FakeClock {
  override monotonic(): number {
    this.spend(1);
    return super.monotonic();
  }
}

const start = () => startSenti(configOf('--max-attempts', 'none'), new SlowClock());

const times = <T>(make: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: CROWD }, (_, i) => make(i)));

/** The most by which `count` grows in one tick, until it has grown to `end`. */
async function mostInATick(count: () => number, end: number): Promise<number> {
  let most = 0;
  while (count() < end) {
    const before = count();
    await setImmediate();
    most = Math.max(most, count() - before);
  }
  return most;
}

async function open({ url }: Senti): Promise<Socket> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  // Its answer shows that the server has accepted the connection.
  socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'data');
  return socket;
}

const lastWanted = ({ source }: Senti) => source.wanted.at(-1)?.length ?? 0;

test('WebSockets are opened a few in each tick', async () => {
  const senti = await start();
  const sockets = await times(() => open(senti));
  let opened = 0;
  for (const socket of sockets) {
    socket.once('data', () => {
      opened += 1;
    });
    socket.write(
      'GET /track HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`,
    );
  }
  expect(await mostInATick(() => opened, CROWD)).toBeLessThanOrEqual(A_TICK);
});

test('requests are answered a few in each tick', async () => {
  const senti = await start();
  const sockets = await times(() => open(senti));
  for (const [i, socket] of sockets.entries()) {
    const query = encodeURIComponent(`subscription { sentiment(track: "word${i}") { cursor } }`);
    socket.write(
      `GET /graphql?query=${query} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`,
    );
  }
  expect(await mostInATick(() => lastWanted(senti), CROWD)).toBeLessThanOrEqual(A_TICK);
});

const SUBSCRIPTIONS = {
  '/graphql': (track: string) => {
    const query = `subscription { sentiment(track: "${track}") { cursor } }`;
    return JSON.stringify({ id: track, type: 'subscribe', payload: { query } });
  },
  '/track': (track: string) => JSON.stringify({ track }),
} as const;

test.each(['/graphql', '/track'] as const)(
  'messages on %s are heard a few in each tick, and clients that left are forgotten',
  async (path) => {
    const senti = await start();
    const isGraphQL = path === '/graphql';
    const peers = await times(async () => {
      const peer = await connectRaw(senti, path, isGraphQL ? 'graphql-transport-ws' : undefined);
      if (!isGraphQL) return peer;
      const acknowledged = once(peer.socket, 'data');
      peer.send('{"type":"connection_init"}');
      await acknowledged;
      return peer;
    });
    const subscribe = SUBSCRIPTIONS[path];
    for (const [i, { send }] of peers.entries()) send(subscribe(`one${i}`));
    expect(await mostInATick(() => lastWanted(senti), CROWD)).toBeLessThanOrEqual(A_TICK);
    for (const [i, { send, socket }] of peers.entries()) {
      send(subscribe(`two${i}`));
      if (i % 2 === 0) socket.destroy();
    }
    const left = CROWD / 2;
    const wanted = () => senti.source.wanted.at(-1) ?? [];
    const isOver = () =>
      wanted().length === (isGraphQL ? 2 * left : left) &&
      wanted().filter((track) => track.startsWith('two')).length === left;
    await until(isOver, 'the clients that are left are heard');
  },
);
