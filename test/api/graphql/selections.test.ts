// The server computes a selection once for all of its listeners, and bounds how many different selections there are.

import { once } from 'node:events';
import { parse } from 'graphql';
import { describe, expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { StatusDocument } from '../../../schema/operations.ts';
import { MAX_SELECTIONS_PER_ADDRESS } from '../../../src/api/access/work-budget.ts';
import { createBroadcast, MAX_SELECTIONS } from '../../../src/api/graphql/broadcast.ts';
import { schema } from '../../../src/api/graphql/schema.ts';
import { shapeOf } from '../../../src/api/graphql/shape.ts';
import { createAnalyzer } from '../../../src/sentiment/analysis.ts';
import { vader } from '../../../src/sentiment/vader/vader.ts';
import { Multiplexer } from '../../../src/stream/multiplexer.ts';
import { post } from '../../support/clients.ts';
import { createHandSource } from '../../support/hand-source.ts';
import { NO_LOOK_BACK } from '../../support/keeping.ts';
import { configOf, type Senti, startSenti } from '../../support/senti.ts';
import { recordTelemetry } from '../../support/telemetry.ts';
import { until } from '../../support/until.ts';

const CLIENT = { 'x-forwarded-for': '198.51.100.7' };
const UNPAID = ['--max-work-per-second', 'none', '--max-work-per-address', 'none'];
const RATES = ['--max-messages-per-second', 'none', '--max-attempts-per-address', 'none'];

const selecting = (name: string, track = 'tea') =>
  `subscription { sentiment(track: "${track}") { ${name}: score } }`;

async function openSocket({ socketUrl }: Senti) {
  const socket = new WebSocket(`${socketUrl}/graphql`, 'graphql-transport-ws', { headers: CLIENT });
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  const messages: string[] = [];
  socket.on('message', (data) => messages.push(String(data)));
  socket.send('{"type":"connection_init"}');
  return {
    messages,
    begin: (id: string, query: string) =>
      socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query } })),
    end: (id: string) => socket.send(JSON.stringify({ id, type: 'complete' })),
  };
}

async function listeners({ url }: Senti): Promise<number | undefined> {
  return (await post(url, StatusDocument, {})).data?.status.listeners;
}

test('an address has a bounded number of different selections, over all its connections', async () => {
  const senti = await startSenti(configOf('--trust-proxy', '127.0.0.1', ...UNPAID, ...RATES));
  const sockets = [await openSocket(senti), await openSocket(senti)];
  for (let i = 0; i < MAX_SELECTIONS_PER_ADDRESS; i++) {
    sockets[i % sockets.length]?.begin(`s${i}`, selecting(`a${i}`));
  }
  while ((await listeners(senti)) !== MAX_SELECTIONS_PER_ADDRESS);

  const [first] = sockets;
  const third = await openSocket(senti);
  third.begin('more', selecting('more'));
  await until(() => third.messages.some((message) => message.includes('different selections')));
  expect(third.messages.join()).toContain('LIMIT_REACHED');
  const overSse = await fetch(
    `${senti.url}/graphql?${new URLSearchParams({ query: selecting('more') })}`,
    { headers: { ...CLIENT, accept: 'text/event-stream', 'content-type': 'application/json' } },
  );
  expect(await overSse.text()).toContain('different selections');
  const metrics = await (await fetch(`${senti.url}/metrics`)).text();
  expect(metrics).toContain('senti_rejections_total{reason="work"} 2\n');

  // An equal one is none of its own, whatever it listens to.
  third.begin('same', selecting('a0', 'milk'));
  while ((await listeners(senti)) !== MAX_SELECTIONS_PER_ADDRESS + 1);
  // And one that ends makes room.
  first?.end('s2');
  while ((await listeners(senti)) !== MAX_SELECTIONS_PER_ADDRESS);
  third.begin('room', selecting('room'));
  while ((await listeners(senti)) !== MAX_SELECTIONS_PER_ADDRESS + 1);
  senti.source.say('milk, and tea');
  await until(() => third.messages.some((message) => message.includes('"room"')));
  expect(third.messages.join()).toContain('"a0"');
});

test('the server has a bounded number of different selections, and takes one that it has all the same', async () => {
  const telemetry = recordTelemetry();
  const feed = {
    source: createHandSource({
      post: () => {},
      bad: () => {},
      repeated: () => {},
      deleted: () => {},
      gap: () => {},
      rejected: () => {},
      state: () => {},
    }),
    counters: new Map(),
    openTracks: new Map(),
    open: () => {},
    close: () => {},
    read: () => {},
    stop: async () => {},
  };
  const multiplexer = new Multiplexer(() => feed, { telemetry });
  const contextValue = {
    multiplexer,
    analyze: createAnalyzer('full', vader),
    explain: () => [],
    estimate: async () => ({}),
    lookBack: NO_LOOK_BACK,
  };
  const broadcast = createBroadcast(contextValue, (error) => error);
  const open = (query: string) => broadcast.open({ schema, document: parse(query), contextValue });
  const opened = [];
  for (let i = 0; i < MAX_SELECTIONS; i++) opened.push(await open(selecting(`a${i}`)));
  expect(JSON.stringify(await open(selecting('more')))).toContain('LIMIT_REACHED');
  expect(await open(selecting('a7', 'milk'))).toHaveProperty('selection');
  const [first] = opened;
  if (first && 'release' in first) first.release();
  expect(await open(selecting('more'))).toHaveProperty('selection');
});

describe('the shape of an operation', () => {
  const keyOf = (query: string) => shapeOf(schema, parse(query)).key;

  test.each([
    ['tracks', selecting('a', 'tea'), selecting('a', 'milk')],
    ['white space', selecting('a'), selecting('a').replaceAll(' ', '\n\n')],
    [
      'tracks, in a fragment on the subscription',
      'subscription { ...s } fragment s on Subscription { sentiment(track: "tea") { score } }',
      'subscription { ...s } fragment s on Subscription { sentiment(track: "milk") { score } }',
    ],
  ])('is the same for other %s', (_, one, other) => {
    expect(keyOf(one)).toBe(keyOf(other));
  });

  test.each([
    ['names', selecting('a'), selecting('b')],
    ['fields', selecting('a'), selecting('a').replace('score', 'polarity')],
    [
      'defaults of a variable that selects',
      'subscription ($v: Boolean = true) { sentiment(track: "tea") { score @include(if: $v) } }',
      'subscription ($v: Boolean = false) { sentiment(track: "tea") { score @include(if: $v) } }',
    ],
  ])('is another one for other %s', (_, one, other) => {
    expect(keyOf(one)).not.toBe(keyOf(other));
  });

  test('has the variables that select, and not those of the track', () => {
    const query =
      'subscription ($t: String!, $v: Boolean!) { sentiment(track: $t) @skip(if: $v) { score } }';
    expect(shapeOf(schema, parse(query)).variables).toEqual(['v']);
  });
});
