// The limits of a single WebSocket, and of a single request.

import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { connectTrack } from '../../support/clients.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { connectRaw } from '../../support/raw-socket.ts';
import { configOf, type Senti, startSenti } from '../../support/senti.ts';
import { until } from '../../support/until.ts';

const BODY_LIMIT = 64 * 1024;
const SUBSCRIPTION = 'subscription { sentiment(track: "coffee") { score } }';

/** A socket whose messages are kept, told that it is welcome. */
async function connectGraphQL({ socketUrl }: Senti) {
  const socket = new WebSocket(`${socketUrl}/graphql`, 'graphql-transport-ws');
  onTestFinished(() => socket.terminate());
  const messages: { type: string; id?: string; payload?: unknown }[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const closed = once(socket, 'close').then(([code]) => code);
  await once(socket, 'open');
  const send = (message: object) => socket.send(JSON.stringify(message));
  const subscribe = (id: string, query = SUBSCRIPTION) =>
    send({ id, type: 'subscribe', payload: { query } });
  send({ type: 'connection_init' });
  await until(() => messages.length === 1, 'the welcome');
  return { socket, messages, closed, send, subscribe };
}

test('a message in very many pieces closes its socket, and no other', async () => {
  const senti = await startSenti();
  const { socket } = await connectRaw(senti, '/track');
  const other = await connectTrack(senti.socketUrl);
  /** Masked with zeros: a first piece of text, then ones that go on. */
  const piece = (first: boolean) => Buffer.from([first ? 0x01 : 0x00, 0x81, 0, 0, 0, 0, 0x20]);
  socket.write(Buffer.concat([piece(true), ...Array.from({ length: 300 }, () => piece(false))]));
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'close');
  const frame = Buffer.concat(chunks);
  // A close frame: 1008, it is against the rules.
  expect([frame[0], frame.readUInt16BE(2)]).toEqual([0x88, 1008]);
  expect(other.socket.readyState).toBe(WebSocket.OPEN);
});

test('a peer that answers no close is gone soon', async () => {
  const senti = await startSenti();
  const { socket, send } = await connectRaw(senti, '/track');
  send('no JSON');
  const closed = once(socket, 'close');
  const start = performance.now();
  await closed;
  // The library would wait for half a minute.
  expect(performance.now() - start).toBeLessThan(20_000);
});

describe('messages', () => {
  const FLOODS: readonly [string, (socket: WebSocket, i: number) => void][] = [
    ['pings of the protocol', (socket) => socket.ping()],
    ['pongs that nobody asked for', (socket) => socket.pong()],
    ['JSON pings', (socket) => socket.send('{"type":"ping"}')],
    [
      'subscribes and completes',
      (socket, i) =>
        socket.send(
          JSON.stringify(
            i % 2 === 0
              ? { id: 'x', type: 'subscribe', payload: { query: SUBSCRIPTION } }
              : { id: 'x', type: 'complete' },
          ),
        ),
    ],
  ];

  test.each(FLOODS)('of a flood of %s close /graphql with 4429', async (_, flood) => {
    const senti = await startSenti(configOf('--max-messages-per-second', '20'), new FakeClock());
    const { socket, closed } = await connectGraphQL(senti);
    for (let i = 0; i < 50; i++) flood(socket, i);
    expect(await closed).toBe(4429);
    await until(() => senti.source.state.name === 'idle', 'nothing is followed');
    expect(senti.warnings.join('')).toContain('rejected (messages): /graphql');
  });

  const TRACK_FLOODS: typeof FLOODS = [
    ...FLOODS.slice(0, 2),
    ['new tracks', (socket, i) => socket.send(JSON.stringify({ track: `word${i}` }))],
  ];

  test.each(TRACK_FLOODS)('of a flood of %s close /track with 1013', async (_, flood) => {
    const senti = await startSenti(configOf('--max-messages-per-second', '20'), new FakeClock());
    const { socket, closed } = await connectTrack(senti.socketUrl);
    for (let i = 0; i < 50; i++) flood(socket, i);
    expect((await closed).code).toBe(1013);
    // Two seconds' worth at once, and not one more; each is told of twice, as it comes and as it goes.
    expect(senti.source.wanted.length).toBeLessThanOrEqual(2 * 40 + 1);
  });

  test('may come for ever at the rate that is allowed', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(configOf('--max-messages-per-second', '20'), clock);
    const { socket, send } = await connectTrack(senti.socketUrl);
    for (let second = 0; second < 5; second++) {
      for (let i = 0; i < 20; i++) send({ track: `word${second}x${i}` });
      const last = `word${second}x19`;
      await until(() => String(senti.source.wanted.at(-1)) === last, last);
      clock.advance(1000);
    }
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  test('that are long count for their length', async () => {
    const senti = await startSenti(configOf('--max-messages-per-second', '20'), new FakeClock());
    const { send, closed } = await connectTrack(senti.socketUrl);
    for (let i = 0; i < 3; i++) send({ track: 'coffee', filler: 'x'.repeat(30_000) });
    expect((await closed).code).toBe(1013);
  });
});

describe('operations of a socket', () => {
  test('are rejected beyond 32, each by itself, until one has ended', async () => {
    const senti = await startSenti();
    const { messages, send, subscribe, socket } = await connectGraphQL(senti);
    for (let i = 0; i < 33; i++) subscribe(`s${i}`);
    await until(() => messages.length === 2, 'the rejection');
    expect(messages[1]).toMatchObject({
      id: 's32',
      type: 'error',
      payload: [{ extensions: { code: 'LIMIT_REACHED' } }],
    });
    send({ id: 's0', type: 'complete' });
    subscribe('again');
    subscribe('query', '{ __typename }');
    await until(() => messages.length === 3, 'the next rejection');
    expect(messages[2]).toMatchObject({ id: 'query', type: 'error' });
    senti.source.say('coffee');
    await until(() => messages.length === 3 + 32, 'events');
    expect(messages.slice(3).every(({ type }) => type === 'next')).toBe(true);
    expect(messages.some(({ id }) => id === 'again')).toBe(true);
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  test('have ids of a bounded length, since they come back with every event', async () => {
    const senti = await startSenti();
    const { messages, subscribe } = await connectGraphQL(senti);
    subscribe('x'.repeat(129));
    await until(() => messages.length === 2, 'the rejection');
    expect(messages[1]).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'LIMIT_REACHED' } }],
    });
    expect(senti.source.wanted).toEqual([]);
  });
});

describe('one track too many', () => {
  const start = async () => {
    const senti = await startSenti(configOf('--max-tracks', '1'));
    const first = await connectTrack(senti.socketUrl);
    first.send({ track: 'tea' });
    await until(() => senti.source.wanted.length === 1, 'tea is wanted');
    return { senti, first };
  };

  test('is rejected on the WebSocket, and a track that is there is not', async () => {
    const { senti } = await start();
    const { messages, subscribe } = await connectGraphQL(senti);
    subscribe('new');
    await until(() => messages.length === 3, 'the rejection');
    expect(messages.slice(1)).toMatchObject([
      { id: 'new', type: 'next', payload: { errors: [{ extensions: { code: 'LIMIT_REACHED' } }] } },
      { id: 'new', type: 'complete' },
    ]);
    subscribe('old', 'subscription { sentiment(track: "TEA") { score } }');
    subscribe('query', '{ __typename }');
    await until(() => messages.length === 5, 'the answer');
    senti.source.say('tea');
    await until(() => messages.length === 6, 'the event');
    expect(messages[5]).toMatchObject({ id: 'old', type: 'next' });
  });

  test('is rejected over SSE, and leaves nothing behind', async () => {
    const { senti, first } = await start();
    const response = await fetch(`${senti.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: SUBSCRIPTION }),
    });
    expect(await response.text()).toContain('"LIMIT_REACHED"');
    const metrics = await (await fetch(`${senti.url}/metrics`)).text();
    expect(metrics).toContain('senti_sockets{surface="sse"} 0');
    expect(metrics).toContain('senti_rejections_total{reason="tracks"} 1');
    senti.source.say('tea');
    expect((await first.received(1)).length).toBe(1);
  });

  test('closes /track with 1013, and makes room by going', async () => {
    const { senti, first } = await start();
    const second = await connectTrack(senti.socketUrl);
    second.send({ track: 'coffee' });
    expect(await second.closed).toEqual({
      code: 1013,
      reason: expect.stringContaining('1 tracks'),
    });
    first.socket.terminate();
    await until(() => senti.source.state.name === 'idle', 'tea is let go');
    const third = await connectTrack(senti.socketUrl);
    third.send({ track: 'coffee' });
    await until(() => String(senti.source.wanted.at(-1)) === 'coffee', 'coffee is wanted');
  });
});

describe('a size', () => {
  const padded = (length: number) => {
    const start = '{"query":"{ __typename }","operationName":null,"variables":{"x":"';
    return `${start}${'x'.repeat(length - start.length - 3)}"}}`;
  };

  /** Posts a body in chunks, so that no header says how long it is. */
  function postInChunks({ url }: Senti, body: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', accept: 'application/json' };
      const posting = request(`${url}/graphql`, { method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      posting.once('error', reject);
      for (let at = 0; at < body.length; at += 8192) posting.write(body.slice(at, at + 8192));
      posting.end();
    });
  }

  test('of a body in chunks is rejected beyond 64 KiB', async () => {
    const senti = await startSenti();
    expect(await postInChunks(senti, padded(BODY_LIMIT))).toBe(200);
    expect(await postInChunks(senti, padded(BODY_LIMIT + 1))).toBe(413);
  });

  test.each(['application/json', 'text/event-stream'])(
    'of a body that is asked for as %s is rejected beyond the limit',
    async (accept) => {
      const { url } = await startSenti(configOf('--max-message-bytes', '2000'));
      const post = async (length: number) => {
        const headers = { 'content-type': 'application/json', accept };
        const body = padded(length);
        const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
        await response.text();
        return response.status;
      };
      expect([await post(2000), await post(2001)]).toEqual([200, 413]);
    },
  );

  test.each([['/graphql', 'graphql-transport-ws'], ['/track']])(
    'of a message on %s closes with 1009 beyond the limit',
    async (path, ...protocols) => {
      const { socketUrl } = await startSenti(configOf('--max-message-bytes', '2000'));
      const socket = new WebSocket(`${socketUrl}${path}`, protocols);
      await once(socket, 'open');
      socket.send('{"type":"ping","track":""}'.padEnd(2000));
      socket.send('{"type":"ping","track":""}'.padEnd(2001));
      const [code] = await once(socket, 'close');
      expect(code).toBe(1009);
    },
  );
});
