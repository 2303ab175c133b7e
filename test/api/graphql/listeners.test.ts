// Over HTTP, no listener outlives the connection of its client.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { StatusDocument } from '../../../schema/operations.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { post } from '../../support/clients.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { seeded } from '../../support/seeded.ts';
import { configOf, type Senti, startSenti } from '../../support/senti.ts';
import { createIssuer, withKeys } from '../../support/tokens.ts';
import { ticks, until } from '../../support/until.ts';

const BATCHES = 50;
const AT_A_TIME = 50;
/** Of those that are still open, one in so many stays until the end. */
const STAYS = 2;

const METHODS = ['POST', 'POST', 'GET', 'GET', 'HEAD', 'PUT'];
const ACCEPTS = [
  'text/event-stream',
  '*/*',
  'text/event-stream;q=0.1, image/png',
  'application/json',
  'application/graphql-response+json, application/json;q=0.9',
  'multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json',
  'multipart/mixed;subscriptionSpec=1.0;q=0.5, text/event-stream',
  'multipart/mixed',
  'text/html',
  'image/png',
  'text/event-stream;charset=latin1',
  ',;',
];
const QUERIES = [
  'subscription { sentiment(track: "coffee") { score } }',
  'subscription { sentiment(track: "coffee") { hashtags { tag } } }',
  'subscription { a: sentiment(track: "tea") { score } }',
  'subscription ($t: String = "milk") { sentiment(track: $t) { post { id } } }',
  'subscription { sentiment(track: "the") { score } }',
  'subscription { sentiment(track: "coffee") { score } sentiment(track: "tea") { score } }',
  'subscription { nothing }',
  'subscription {',
  '{ __typename }',
];
const UPGRADE =
  'GET /track HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const LEAVES = ['before the answer', 'in the middle', 'at the first byte', 'later'] as const;

type Pick = <T>(from: readonly [T, ...T[]] | readonly T[]) => T;

function oddRequest(pick: Pick): string {
  const method = pick(METHODS);
  const query = pick(QUERIES);
  const head = [
    'Host: localhost',
    `Accept: ${pick(ACCEPTS)}`,
    `Connection: ${pick(['keep-alive', 'keep-alive', 'close'])}`,
    'Content-Type: application/json',
  ];
  if (method === 'GET' || method === 'HEAD') {
    const target = `/graphql?query=${encodeURIComponent(query)}`;
    return [`${method} ${target} HTTP/1.1`, ...head, '', ''].join('\r\n');
  }
  const body = JSON.stringify({ query });
  const length = `Content-Length: ${body.length}`;
  return [`${method} /graphql HTTP/1.1`, ...head, length, '', body].join('\r\n');
}

/** A connection, and whether its last answer is a stream of events that still goes on. */
class Client {
  readonly socket: Socket;
  #heard = '';

  constructor({ url }: Senti) {
    const { port, hostname } = new URL(url);
    this.socket = connect(Number(port), hostname);
    onTestFinished(() => void this.socket.destroy());
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk) => {
      this.#heard += chunk;
    });
  }

  /** Whether `count` answers have come, or no more will. */
  isAnswered(count: number): boolean {
    return this.socket.destroyed || this.isListening || this.#answers.length >= count;
  }

  get isListening(): boolean {
    const last = this.#answers.at(-1) ?? '';
    const isStream = /^200 .*content-type: (text\/event-stream|multipart\/mixed;boundary)/is.test(
      last,
    );
    return isStream && !this.socket.destroyed && !last.includes('event: complete');
  }

  get #answers(): string[] {
    return this.#heard.split('HTTP/1.1 ').slice(1);
  }
}

/** A client that sends a few requests at once, and how many of them are to be answered. */
function come(senti: Senti, pick: Pick): { client: Client; asks: number } {
  const client = new Client(senti);
  const { socket } = client;
  const asks = pick([1, 1, 1, 2, 3]);
  const last = pick(['', '', '', UPGRADE]);
  const request = Array.from({ length: asks }, () => oddRequest(pick)).join('') + last;
  const leaves = pick(LEAVES);
  if (leaves === 'at the first byte') socket.once('data', () => socket.destroy());
  if (leaves === 'in the middle') {
    socket.end(request.slice(0, request.length / 2));
  } else {
    socket.write(request, () => {
      if (leaves === 'before the answer') socket.destroy();
    });
  }
  return { client, asks };
}

async function listenersOf({ url }: Senti): Promise<number | undefined> {
  return (await post(url, StatusDocument, {})).data?.status.listeners;
}

test('thousands of odd requests leave as many listeners as there are open streams', async () => {
  const senti = await startSenti(
    configOf('--max-attempts', 'none', '--graphiql=false'),
    new FakeClock(),
  );
  const random = seeded(13);
  const pick: Pick = (from) => from[Math.floor(random() * from.length)] as (typeof from)[number];
  const open: Client[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const clients = Array.from({ length: AT_A_TIME }, () => come(senti, pick));
    const isAnswered = () => clients.every(({ client, asks }) => client.isAnswered(asks));
    await until(isAnswered, 'all are answered');
    for (const { client } of clients) {
      if (client.isListening && random() < 1 / STAYS) open.push(client);
      else client.socket.destroy();
    }
  }
  expect(open.length).toBeGreaterThan(5);
  await listeners(senti, open.length);
  for (const { socket } of open) socket.destroy();
  await listeners(senti, 0);
  expect(senti.source.wanted.at(-1)).toEqual([]);
});

/** Resolves when there are so many; tells how many there are if there never are. */
async function listeners(senti: Senti, count: number): Promise<void> {
  for (let i = 0; i < 200 && (await listenersOf(senti)) !== count; i++) await ticks(5);
  expect(await listenersOf(senti)).toBe(count);
}

test('a client that leaves while its token is looked at is not listened for', async () => {
  const issuer = await createIssuer(systemClock);
  let answerKeys = () => {};
  const keys = createServer((_request, response) => {
    answerKeys = () => response.end(JSON.stringify(issuer.keys));
  });
  keys.listen(0, '127.0.0.1');
  await once(keys, 'listening');
  onTestFinished(() => void keys.close());
  const address = new URL(`http://127.0.0.1:${(keys.address() as AddressInfo).port}/`);
  const senti = await startSenti(withKeys(address));
  const asked = once(keys, 'request');
  const left = new AbortController();
  const query = encodeURIComponent('subscription { sentiment(track: "coffee") { score } }');
  const answer = fetch(`${senti.url}/graphql?query=${query}`, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${await issuer.sign(60)}` },
    signal: left.signal,
  }).catch(() => 'left');
  await asked;
  left.abort();
  expect(await answer).toBe('left');
  await fetch(`${senti.url}/health`);
  answerKeys();
  await ticks(50);
  expect(senti.source.wanted.at(-1) ?? []).toEqual([]);
});
