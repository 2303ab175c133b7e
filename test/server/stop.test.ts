// How the server stops: it tells its clients to leave, and stops within ten seconds whatever they do.

import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { SentimentDocument, StatusDocument } from '../../schema/operations.ts';
import { connectGraphQL, connectTrack, post, run, type TrackClient } from '../support/clients.ts';
import { FakeClock, passTime } from '../support/fake-clock.ts';
import { HTTP_STREAMS, openStream } from '../support/http-stream.ts';
import { exitOf, listening, logged, start, startWith } from '../support/program.ts';
import { connectRaw, openStalled } from '../support/raw-socket.ts';
import { type Senti, startSenti } from '../support/senti.ts';
import { ndjson, tempFile } from '../support/temp-file.ts';
import { runOver } from '../support/transports.ts';
import { eventually, until } from '../support/until.ts';

const TEN_SECONDS = 10_000;
const FILLER = '#filler'.padEnd(4000, 'x');
/** More than the kernel's buffers hold for one connection, at 4 kB an event. */
const FLOOD = 4000;
const QUERY = 'subscription { sentiment(track: "coffee") { hashtags { tag } post { id } } }';

/** Opens 120 sockets on coffee. On a stop, the server closes half of them at once and the rest later. */
async function openTwoBatches() {
  const clock = new FakeClock();
  let calls = 0;
  const random = () => (calls++ % 2 === 0 ? 0 : 0.99);
  const senti = await startSenti(undefined, clock, undefined, random);
  const clients = await Promise.all(
    Array.from({ length: 120 }, () => connectTrack(senti.socketUrl)),
  );
  for (const client of clients) client.send({ track: 'coffee' });
  await until(() => senti.source.wanted.length > 0, 'coffee is wanted');
  senti.source.say('coffee');
  await Promise.all(clients.map((client) => client.received(1)));
  return { senti, clock, clients };
}

async function countListeners({ url }: Pick<Senti, 'url'>): Promise<number> {
  return (await post(url, StatusDocument, {})).data?.status.listeners ?? 0;
}

const isOpen = ({ socket }: TrackClient) => socket.readyState === WebSocket.OPEN;

describe('a server that stops', () => {
  test('rejects new clients with the reason, and still serves those that it has not told to leave', async () => {
    const { senti, clock, clients } = await openTwoBatches();
    const { url, socketUrl, source } = senti;
    const closing = senti.close();
    await until(() => clients.filter(isOpen).length === 60, 'the first batch is closed');

    const ready = await fetch(`${url}/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([
      503,
      { ready: false, reason: 'stopping' },
    ]);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    for (const path of ['/graphql', '/']) {
      const response = await fetch(`${url}${path}?query={__typename}`);
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    }
    for (const path of ['/graphql', '/track']) {
      const socket = new WebSocket(`${socketUrl}${path}`, 'graphql-transport-ws');
      const [, response] = await once(socket, 'unexpected-response');
      expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '5']);
      response.destroy();
    }

    source.say('more coffee');
    const others = clients.filter(isOpen);
    await Promise.all(others.map((client) => client.received(2)));
    clock.advance(TEN_SECONDS);
    await closing;
    const codes = await Promise.all(clients.map(({ closed }) => closed));
    expect(new Set(codes.map(({ code }) => code))).toEqual(new Set([1001]));
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });

  test('tells a few clients to leave at once, each in its own protocol', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(undefined, clock);
    const graphql = connectGraphQL(senti.socketUrl);
    const codes: number[] = [];
    graphql.on('closed', (event) => void codes.push((event as { code: number }).code));
    const overSocket = run(graphql, SentimentDocument, { track: 'coffee' });
    const [overSse, inParts] = HTTP_STREAMS.map((stream) =>
      runOver(senti, stream, SentimentDocument, { track: stream }),
    );
    const track = await connectTrack(senti.socketUrl);
    track.send({ track: 'milk' });
    const idle = await connectTrack(senti.socketUrl);
    const answers = Promise.all([
      overSocket.next(),
      overSse?.next(),
      inParts?.next(),
      track.received(1),
    ]);
    await until(() => senti.source.wanted.at(-1)?.length === 4, 'all tracks are wanted');
    senti.source.say('coffee SSE multipart milk');
    await answers;
    const [inSocket, inSse, last] = [overSocket.next(), overSse?.next(), inParts?.next()];
    // Not `complete`: a client would take it for the end of its operation and not reconnect.
    const broken = Promise.all([
      expect(inSocket).rejects.toMatchObject({ code: 1001 }),
      expect(inSse).rejects.toThrow('Connection closed while having active streams'),
    ]);
    await senti.close();
    await broken;
    expect((await last)?.value?.errors).toEqual([
      { message: 'The server is stopping; subscribe again.' },
    ]);
    expect(codes).toEqual([1001]);
    expect((await track.closed).code).toBe(1001);
    expect((await idle.closed).code).toBe(1001);
    expect(clock.monotonic()).toBe(0);
  });

  test('stops within five seconds, even with a few stalled peers', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(undefined, clock);
    const peers = [
      (await openStalled(senti, '/graphql')).socket,
      (await openStalled(senti, '/track')).socket,
      ...(await Promise.all(HTTP_STREAMS.map((stream) => openStream(senti.url, QUERY, stream)))),
      // This peer gets no events and does not answer a close.
      (await connectRaw(senti, '/track')).socket,
    ];
    while ((await countListeners(senti)) < 4) await setImmediate();
    for (let i = 0; i < FLOOD; i++) {
      senti.source.say(`coffee ${FILLER}`);
      if (i % 50 === 0) await setImmediate();
    }
    const started = clock.monotonic();
    await passTime(clock, senti.close());
    // A peer has two seconds to answer a close, and a pending response has two more.
    expect(clock.monotonic() - started).toBeLessThan(TEN_SECONDS / 2);
    await Promise.all(
      peers.map((peer) => {
        peer.resume();
        return new Promise<void>((resolve) => {
          if (peer.closed) resolve();
          else peer.once('close', resolve);
        });
      }),
    );
  });

  test('stops within ten seconds, even if its source hangs', async () => {
    const clock = new FakeClock();
    const never = new Promise<void>(() => {});
    const senti = await startSenti(undefined, clock, (source) => {
      source.close = () => never;
      return source;
    });
    const peer = await openStream(senti.url, QUERY);
    await until(() => senti.source.wanted.length > 0, 'the stream listens');
    for (let i = 0; i < FLOOD; i++) {
      senti.source.say(`coffee ${FILLER}`);
      if (i % 50 === 0) await setImmediate();
    }
    await passTime(clock, senti.close());
    expect(clock.monotonic()).toBeLessThan(TEN_SECONDS);
    peer.resume();
    await new Promise<void>((resolve) => {
      if (peer.closed) resolve();
      else peer.once('close', resolve);
    });
  });
});

describe('the program', () => {
  /** Starts a fast replay of posts on coffee, and one client per surface that never reads. */
  async function startWithStalledClients() {
    const posts = Array.from({ length: 100 }, (_, i) => ({ id: `${i}`, text: `coffee ${FILLER}` }));
    const file = tempFile('posts.ndjson', ndjson(posts));
    const argv = ['--source', 'replay', '--file', file, '--rate', '20000', '--loop'];
    const program = start('--port', '0', ...argv);
    const exited = exitOf(program);
    const url = await listening(program);
    for (const path of ['/graphql', '/track'] as const) {
      const { socket, send } = await connectRaw(
        { url },
        path,
        path === '/graphql' ? 'graphql-transport-ws' : undefined,
      );
      if (path === '/track') send('{"track": "coffee"}');
      else {
        send('{"type":"connection_init"}');
        send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: QUERY } }));
      }
      socket.pause();
    }
    await openStream(url, QUERY);
    // A dropped event shows that at least one client has stalled.
    await eventually(async () => {
      const { data } = await post(url, StatusDocument, {});
      return (data?.status.eventsDropped ?? 0) > 0;
    });
    return { program, exited, url };
  }

  test('stops after SIGTERM, even with stalled clients, and tells the others to leave', async () => {
    const { program, exited, url } = await startWithStalledClients();
    const client = await connectTrack(url.replace('http', 'ws'));
    client.send({ track: 'tea' });
    const signaled = performance.now();
    program.kill('SIGTERM');
    expect((await client.closed).code).toBe(1001);
    expect(await exited).toEqual({ code: 0, errors: '' });
    expect(performance.now() - signaled).toBeLessThan(TEN_SECONDS);
  });

  test('stops at once after a second signal', async () => {
    const { program, exited } = await startWithStalledClients();
    program.kill('SIGTERM');
    await logged(program, /SIGTERM: stopping/);
    const signaledAgain = performance.now();
    program.kill('SIGTERM');
    expect(await exited).toEqual({ code: 1, errors: '' });
    // After one signal, stalled clients would get two seconds.
    expect(performance.now() - signaledAgain).toBeLessThan(2000);
  });

  test.each([
    ['throws', 'throw new Error("a part broke")'],
    ['rejects', 'void Promise.reject(new Error("a part broke"))'],
  ])('logs the error and exits with 1 when a part of it %s', async (_, crash) => {
    const part = `process.on("SIGUSR2", () => { ${crash} })`;
    const program = startWith(['--import', `data:text/javascript,${part}`], '--port', '0');
    await listening(program);
    const log = logged(program, /\{"level":60.*a part broke.*crashed/);
    program.kill('SIGUSR2');
    const { code, errors } = await exitOf(program);
    expect(code).toBe(1);
    expect(errors).toContain('Error: a part broke');
    await log;
  });
});
