// Mistakes of clients on the GraphQL WebSocket, and what they leave behind.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { GraphQLError } from 'graphql';
import { expect, onTestFinished, test, vi } from 'vitest';
import WebSocket from 'ws';
import { StatusDocument } from '../../../schema/operations.ts';
import { maskBug } from '../../../src/api/graphql/masked-errors.ts';
import { textFrame } from '../../fuzz/frames.ts';
import { post } from '../../support/clients.ts';
import { type Senti, startSenti } from '../../support/senti.ts';

const QUERY = 'subscription { sentiment(track: "coffee") { polarityIndex } }';
const INIT = '{"type":"connection_init"}';
const SUBSCRIBE = JSON.stringify({ id: '1', type: 'subscribe', payload: { query: QUERY } });
const COMPLETE = '{"id":"1","type":"complete"}';

/** Shakes hands and sends messages, all in one write. */
function burst({ url }: Senti, messages: readonly string[]): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const handshake = [
    'GET /graphql HTTP/1.1',
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: graphql-transport-ws',
    '\r\n',
  ];
  socket.write(Buffer.concat([Buffer.from(handshake.join('\r\n')), ...messages.map(textFrame)]));
  return socket;
}

/** Resolves once a socket has got a text, with all that it got. */
async function got(socket: Socket, text: string): Promise<string> {
  let all = '';
  while (!all.includes(text)) all += (await once(socket, 'data'))[0];
  return all;
}

async function listeners({ url }: Senti): Promise<number | undefined> {
  return (await post(url, StatusDocument, {})).data?.status.listeners;
}

async function untilListeners(senti: Senti, count: number): Promise<void> {
  while ((await listeners(senti)) !== count);
}

/** Sends messages on a socket of its own, and resolves with the code and reason of its close. */
async function closeOf({ socketUrl }: Senti, ...messages: readonly string[]) {
  const socket = new WebSocket(`${socketUrl}/graphql`, 'graphql-transport-ws');
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  for (const message of messages) socket.send(message);
  const [code, reason] = await once(socket, 'close');
  return [code, String(reason)];
}

test('an id that is completed and used again at once listens once, and not after its socket', async () => {
  const senti = await startSenti();
  const again = [COMPLETE, SUBSCRIBE, COMPLETE, SUBSCRIBE];
  const socket = burst(senti, [INIT, SUBSCRIBE, ...again, '{"type":"ping"}']);
  await got(socket, '"pong"');
  await untilListeners(senti, 1);
  senti.source.say('coffee');
  senti.source.say('coffee, the last one: terrible');
  const events = await got(socket, '"polarityIndex":1');
  expect(events.match(/"next"/g)).toHaveLength(2);
  socket.destroy();
  await untilListeners(senti, 0);
});

test('a message that only a server sends, or none, closes with 4400, and is no failure of ours', async () => {
  const senti = await startSenti();
  for (const message of [
    { type: 'start', id: '1', payload: { query: '{ __typename }' } },
    { type: 'connection_ack' },
    { type: 'next' },
    [],
    { type: 'next', id: '1', payload: {} },
    { type: 'error', id: '1', payload: [{ message: 'x' }] },
  ]) {
    const told = await closeOf(senti, INIT, JSON.stringify(message));
    expect(told).toEqual([
      4400,
      'Invalid message received: send connection_init, subscribe, complete, ping or pong, as the package graphql-ws does',
    ]);
  }
  expect(senti.warnings).toEqual([]);
});

test.each([
  [{ type: 'connection_init', payload: 'x' }, /^"connection_init" .* or missing$/],
  [{ type: 'subscribe', id: 1 }, /^"subscribe" message expects the 'id' property to be a string/],
  [{ type: 'subscribe', id: '1', payload: {} }, /payload expects the 'query' property.*undefined$/],
  [
    { ...JSON.parse(SUBSCRIBE), payload: { query: QUERY, variables: [] } },
    /payload expects the 'variables' property to be a an object .* array$/,
  ],
  [{ type: 'ping', payload: [{ toString: 1 }] }, /^Invalid message received: send/],
])('the close of a socket that got %j says what is wrong with it', async (message, reason) => {
  const senti = await startSenti();
  const told = await closeOf(senti, JSON.stringify(message));
  expect(told).toEqual([4400, expect.stringMatching(reason)]);
  expect(senti.warnings).toEqual([]);
});

test('an id too long for the reason of a close is cut, and still closes with 4409', async () => {
  const senti = await startSenti();
  const message = JSON.stringify({ ...JSON.parse(SUBSCRIBE), id: 'ü'.repeat(100) });
  const [code, reason] = await closeOf(senti, INIT, message, message);
  expect([code, Buffer.byteLength(reason)]).toEqual([4409, 123]);
  expect(senti.warnings).toEqual([]);
});

test('a ping whose payload is nested too deeply to be echoed closes with 4400', async () => {
  const senti = await startSenti();
  const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
  const told = await closeOf(senti, INIT, `{"type":"ping","payload":{"a":${deep}}}`);
  expect(told).toEqual([4400, 'The payload of this ping nests too deeply: send a flatter one']);
  expect(senti.warnings).toEqual([]);
});

test('a client that was told to leave is heard no more, however long it stays', async () => {
  const senti = await startSenti();
  const socket = burst(senti, [INIT, INIT, SUBSCRIBE, SUBSCRIBE.replace('"1"', '"2"')]);
  await got(socket, 'Too many initialisation requests: send connection_init once');
  // Two ticks for the two messages behind it, and one more query.
  for (let i = 0; i < 3; i++) expect(await listeners(senti)).toBe(0);
  expect(senti.source.wanted).toEqual([]);
});

test('a body that is no JSON is rejected without a word of the parser, or of the body', async () => {
  const { url } = await startSenti();
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: '{"secret' });
  const message = expect.stringMatching(/^The body is not JSON; (?!.*secret)/);
  expect(await response.json()).toEqual({
    errors: [{ message, extensions: { code: 'BAD_REQUEST' } }],
  });
});

test('an error of ours is hidden in development as well', () => {
  vi.stubEnv('NODE_ENV', 'development');
  onTestFinished(() => void vi.unstubAllEnvs());
  const bug = new TypeError('x is undefined');
  const shown = maskBug(new GraphQLError(bug.message, { cause: bug }));
  expect(JSON.stringify(shown)).not.toContain('undefined');
});
