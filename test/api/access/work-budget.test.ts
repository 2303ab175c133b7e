// Each connection and each address pays for its operations by their size, on every surface.

import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { getIntrospectionQuery, parse } from 'graphql';
import { describe, expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { createBudget, PRICES, Work } from '../../../src/api/access/work-budget.ts';
import { type ApiContext, payFor } from '../../../src/api/graphql/builder.ts';
import { connectTrack } from '../../support/clients.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { NO_LOOK_BACK } from '../../support/keeping.ts';
import { configOf, type Senti, startSenti } from '../../support/senti.ts';
import { until } from '../../support/until.ts';

const SURFACES = ['POST', 'GET', 'SSE', 'WebSocket'] as const;
type Surface = (typeof SURFACES)[number];

const TEXT = 'good '.repeat(1400);
const QUERY = 'query ($text: String!) { analyze(text: $text) { score } }';
const CLIENT = '198.51.100.7';
const BEHIND_PROXY = ['--trust-proxy', '127.0.0.1'];

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

type Ask = () => Promise<Answer>;

/** Returns a function that requests an analysis of TEXT over one keep-alive connection. */
function openHttp({ url }: Senti, surface: Surface, client?: string): Ask {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const { hostname, port } = new URL(url);
  const isGet = surface === 'GET';
  const search = new URLSearchParams({ query: QUERY, variables: JSON.stringify({ text: TEXT }) });
  return async () => {
    const outgoing = request({
      agent,
      hostname,
      port,
      path: isGet ? `/graphql?${search}` : '/graphql',
      method: isGet ? 'GET' : 'POST',
      headers: {
        accept: surface === 'SSE' ? 'text/event-stream' : 'application/json',
        'content-type': 'application/json',
        ...(client !== undefined && { 'x-forwarded-for': client }),
      },
    });
    outgoing.end(isGet ? undefined : JSON.stringify({ query: QUERY, variables: { text: TEXT } }));
    const [response] = await once(outgoing, 'response');
    const { statusCode: status, headers } = response;
    return { status, retryAfter: headers['retry-after'], body: await textOf(response) };
  };
}

/** Opens a WebSocket and sends connection_init. */
async function openSocket({ socketUrl }: Senti, client?: string) {
  const socket = new WebSocket(`${socketUrl}/graphql`, 'graphql-transport-ws', {
    ...(client !== undefined && { headers: { 'x-forwarded-for': client } }),
  });
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  const messages: { id?: string; type: string; payload?: unknown }[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  socket.send('{"type":"connection_init"}');
  let lastId = 0;
  const subscribe = (query = QUERY, variables: object = { text: TEXT }) => {
    lastId += 1;
    const id = String(lastId);
    socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } }));
    return id;
  };
  const ask: Ask = async () => {
    const id = subscribe();
    await until(() => messages.some((message) => message.id === id), 'the answer');
    const answer = messages.find((message) => message.id === id);
    return { status: 200, retryAfter: undefined, body: JSON.stringify(answer) };
  };
  return { socket, messages, subscribe, ask };
}

async function open(senti: Senti, surface: Surface, client?: string): Promise<Ask> {
  if (surface === 'WebSocket') return (await openSocket(senti, client)).ask;
  return openHttp(senti, surface, client);
}

function expectRejected(answer: Answer | undefined, surface: Surface, reason: string): void {
  expect(answer?.body).toContain(reason);
  const [, seconds] = /wait (\d+) second/.exec(reason) ?? [];
  expect(answer?.body).toContain(`{"code":"LIMIT_REACHED","retryAfter":${seconds}}`);
  if (surface === 'WebSocket') return;
  expect(answer?.status).toBe(429);
  expect(answer?.retryAfter).toBe(seconds);
}

const isAnswered = ({ body }: Answer) => body.includes('score');

/** The cost of `count` analyses. The first also pays for parsing the query. */
function costOf(count: number): number {
  const answer = JSON.stringify({ data: { analyze: { score: 1 } } });
  const each = PRICES.operation + PRICES.character * (TEXT.length + answer.length);
  const parsing = QUERY.length * PRICES.character + (parse(QUERY).tokenCount ?? 0) * PRICES.token;
  return count * each + parsing;
}

describe.each(SURFACES)('over %s', (surface) => {
  test.each([
    ['is rejected if no budget is left', 0],
    ['begins if any budget is left', 1],
  ])('an operation %s', async (_, extra) => {
    const clock = new FakeClock();
    // A burst may use twice the rate.
    const rate = Math.floor(costOf(3) / 2) + extra;
    const senti = await startSenti(configOf('--max-work-per-second', String(rate)), clock);
    const ask = await open(senti, surface);
    const answered = [];
    for (let i = 0; i < 5; i++) answered.push(isAnswered(await ask()));
    expect(answered).toEqual([true, true, true, extra > 0, false]);
  });

  test('a connection over its budget learns how long to wait, and is then served', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(configOf('--max-work-per-second', '1000'), clock);
    const ask = await open(senti, surface);
    while (isAnswered(await ask()));
    const reason = 'This connection has used up its budget of work; wait 8 seconds.';
    expectRejected(await ask(), surface, reason);
    // Another connection has a budget of its own.
    expect(isAnswered(await (await open(senti, surface))())).toBe(true);
    clock.advance(8000);
    expect(isAnswered(await ask())).toBe(true);
    const metrics = await (await fetch(`${senti.url}/metrics`)).text();
    expect(metrics).toContain('senti_rejections_total{reason="work"} 2\n');
  });

  test('an address has one budget for all its connections', async () => {
    const config = configOf(...BEHIND_PROXY, '--max-work-per-address', String(costOf(3)));
    const senti = await startSenti(config, new FakeClock());
    const answers = [];
    for (let i = 0; i < 10; i++) answers.push(await (await open(senti, surface, CLIENT))());
    // A burst may use twice the rate, and the query is parsed once.
    expect(answers.filter(isAnswered).length).toBe(7);
    const reason = 'Your address has used up its budget of work; wait 1 second.';
    expectRejected(answers.at(-1), surface, reason);
    expect(isAnswered(await (await open(senti, surface, '198.51.100.8'))())).toBe(true);
    // All surfaces share the budget.
    for (const other of SURFACES) {
      expectRejected(await (await open(senti, other, CLIENT))(), other, reason);
    }
    const track = await connectTrack(senti.socketUrl, { headers: { 'x-forwarded-for': CLIENT } });
    track.send({ track: 'coffee' });
    expect(await track.closed).toEqual({ code: 1013, reason });
    expect(senti.source.wanted).toEqual([]);
  });
});

test('many connections of one address open topics no faster than one budget allows', async () => {
  const config = configOf(...BEHIND_PROXY, '--max-work-per-address', String(4 * PRICES.operation));
  const senti = await startSenti(config, new FakeClock());
  const closed = [];
  for (let i = 0; i < 12; i++) {
    const client = await connectTrack(senti.socketUrl, { headers: { 'x-forwarded-for': CLIENT } });
    client.send({ track: `track${i}` });
    closed.push(client.closed);
  }
  await Promise.all(closed.slice(8));
  expect(senti.source.wanted.at(-1)).toHaveLength(8);
});

test('a socket that keeps sending rejected operations is evicted with 4429', async () => {
  const senti = await startSenti(configOf('--max-work-per-second', '1'), new FakeClock());
  const { socket, messages, subscribe } = await openSocket(senti);
  for (let i = 0; i < 40; i++) subscribe();
  const [code] = await once(socket, 'close');
  expect(code).toBe(4429);
  expect(messages.filter(({ type }) => type === 'error').length).toBeLessThan(25);
});

test('GraphiQL and 32 subscriptions at once stay well within the limits', async () => {
  const senti = await startSenti(configOf(...BEHIND_PROXY), new FakeClock());
  const { messages, subscribe } = await openSocket(senti, CLIENT);
  for (let i = 0; i < 3; i++) subscribe(getIntrospectionQuery(), {});
  await until(() => messages.filter(({ type }) => type === 'complete').length === 3);
  for (let i = 0; i < 32; i++) {
    subscribe(
      `subscription { sentiment(track: "track${i}") { score hashtags { tag count } } }`,
      {},
    );
  }
  await until(() => senti.source.wanted.at(-1)?.length === 32, 'all tracks are wanted');
  expect(messages.filter(({ type }) => type === 'error')).toEqual([]);
});

test('an operation that repeats a text reads it and pays for it once, and once more for its words', () => {
  const clock = new FakeClock();
  const budget = createBudget(TEXT.length, 0);
  const work = new Work(budget, undefined, clock, () => {});
  let analyses = 0;
  let explanations = 0;
  const context = {
    analyze() {
      analyses += 1;
      return {};
    },
    explain() {
      explanations += 1;
      return [];
    },
    lookBack: NO_LOOK_BACK,
  } as unknown as ApiContext;
  const { analyze, explain } = payFor(context, work);
  for (let i = 0; i < 8; i++) analyze(TEXT);
  analyze(`${TEXT.slice(1)}!`);
  expect(analyses).toBe(2);
  // The budget began with twice the rate, and the next unit comes with the rate.
  expect(budget.wait(0)).toBeCloseTo(1000 / TEXT.length);
  for (let i = 0; i < 8; i++) explain(TEXT);
  expect(explanations).toBe(1);
  expect(budget.wait(0)).toBeCloseTo(1000 + 1000 / TEXT.length);
});

test('an operation that arrives while the server stops is not executed', async () => {
  const clock = new FakeClock();
  // The server closes many clients in several batches. This puts all of them in the last batch.
  const last = () => 0.999;
  const senti = await startSenti(configOf(), clock, undefined, last);
  const { socket, messages, subscribe } = await openSocket(senti);
  await until(() => messages.length === 1, 'the acknowledgement');
  for (let i = 0; i < 100; i++) await connectTrack(senti.socketUrl);
  const closing = senti.close();
  subscribe();
  subscribe('subscription { sentiment(track: "coffee") { score } }', {});
  socket.send('{"type":"ping"}');
  await until(() => messages.length === 2, 'the pong');
  expect(messages[1]?.type).toBe('pong');
  expect(senti.source.wanted).toEqual([]);
  const closed = once(socket, 'close');
  while (socket.readyState === WebSocket.OPEN) {
    clock.advance(50);
    await new Promise(setImmediate);
  }
  expect((await closed)[0]).toBe(1001);
  await closing;
});
