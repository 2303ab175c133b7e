// Clients that vanish without a close leave nothing behind.

import { once } from 'node:events';
import { request } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { StatusDocument } from '../../schema/operations.ts';
import { post } from '../support/clients.ts';
import { ACCEPTS, type HttpStream } from '../support/http-stream.ts';
import { type Senti, startSenti } from '../support/senti.ts';

const QUERY = 'subscription ($track: String!) { sentiment(track: $track) { polarityIndex } }';
const AT_A_TIME = 100;
const MEBIBYTE = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('two thousand vanished clients leave no memory and no handles behind', async () => {
  const senti = await startSenti();
  const closeLastClient = await openTrack(senti, 'coffee');

  async function connectAndVanish(count: number): Promise<void> {
    for (let done = 0; done < count; done += AT_A_TIME) {
      const clients = await Promise.all(
        Array.from({ length: AT_A_TIME }, (_, i) => {
          const query = i % 2 === 0 ? 'coffee' : `word${done + i}`;
          const open = OPEN[i % OPEN.length] ?? openTrack;
          return open(senti, query);
        }),
      );
      await listeners(1 + AT_A_TIME);
      senti.source.say('coffee #bean');
      for (const vanish of clients) vanish();
      await listeners(1);
    }
  }

  async function listeners(count: number): Promise<void> {
    for (;;) {
      const { data } = await post(senti.url, StatusDocument, {});
      if (data?.status.listeners === count) return;
    }
  }

  const measure = () => {
    collectGarbage();
    return {
      heap: process.memoryUsage().heapUsed,
      handles: process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate').length,
    };
  };

  await connectAndVanish(500);
  const before = measure();
  await connectAndVanish(2000);
  const after = measure();
  // A leaked client costs 20 kB and more: two thousand would be 40 MiB.
  expect(after.heap - before.heap).toBeLessThan(4 * MEBIBYTE);
  expect(after.handles).toBeLessThanOrEqual(before.handles + 5);
  closeLastClient();
});

// Each of these functions opens a client and returns a function that makes it vanish.

async function openGraphQL({ socketUrl }: Senti, track: string): Promise<() => void> {
  const socket = new WebSocket(`${socketUrl}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  await once(socket, 'message');
  const payload = { query: QUERY, variables: { track } };
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
  return () => socket.terminate();
}

async function openTrack({ socketUrl }: Senti, track: string): Promise<() => void> {
  const socket = new WebSocket(`${socketUrl}/track`);
  await once(socket, 'open');
  socket.send(JSON.stringify({ track }));
  return () => socket.terminate();
}

async function openStream({ url }: Senti, track: string, stream: HttpStream): Promise<() => void> {
  const outgoing = request(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: ACCEPTS[stream] },
    agent: false,
  });
  outgoing.on('error', () => {});
  outgoing.end(JSON.stringify({ query: QUERY, variables: { track } }));
  const [response] = await once(outgoing, 'response');
  response.on('error', () => {});
  response.resume();
  return () => outgoing.destroy();
}

const OPEN: readonly ((senti: Senti, track: string) => Promise<() => void>)[] = [
  openGraphQL,
  openTrack,
  (senti, track) => openStream(senti, track, 'SSE'),
  (senti, track) => openStream(senti, track, 'multipart'),
];
