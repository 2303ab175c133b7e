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

/** Asks to have the text analyzed, over one connection that stays open. */
function openHttp({ url }: Senti, surface: Surface, client?: string): Ask {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const { hostname, port } = new URL(url);
  const isGet = surface === 'GET';
  const inPath = new URLSearchParams({ query: QUERY, variables: JSON.stringify({ text: TEXT }) });
  return async () => {
    const asking = request({
      agent,
      hostname,
      port,
      path: isGet ? `/graphql?${inPath}` : '/graphql',
      method: isGet ? 'GET' : 'POST',
      headers: {
        accept: surface === 'SSE' ? 'text/event-stream' : 'application/json',
        'content-type': 'application/json',
        ...(client !== undefined && { 'x-forwarded-for': client }),
      },
    });
    asking.end(isGet ? undefined : JSON.stringify({ query: QUERY, variables: { text: TEXT } }));
    const [response] = await once(asking, 'response');
    const { statusCode: status, headers } = response;
    return { status, retryAfter: headers['retry-after'], body: await textOf(response) };
  };
}

/** A WebSocket that is ready to ask. */
async function openSocket({ socketUrl }: Senti, client?: string) {
  const socket = new WebSocket(`${socketUrl}/graphql`, 'graphql-transport-ws', {
    ...(client !== undefined && { headers: { 'x-forwarded-for': client } }),
  });
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  const messages: { id?: string; type: string; payload?: unknown }[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  socket.send('{"type":"connection_init"}');
  let asked = 0;
  const begin = (query = QUERY, variables: object = { text: TEXT }) => {
    asked += 1;
    const id = String(asked);
    socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } }));
    return id;
  };
  const ask: Ask = async () => {
    const id = begin();
    await until(() => messages.some((message) => message.id === id), 'an answer');
    const answer = messages.find((message) => message.id === id);
    return { status: 200, retryAfter: undefined, body: JSON.stringify(answer) };
  };
  return { socket, messages, begin, ask };
}

async function open(senti: Senti, surface: Surface, client?: string): Promise<Ask> {
  if (surface === 'WebSocket') return (await openSocket(senti, client)).ask;
  return openHttp(senti, surface, client);
}

function expectRefused(answer: Answer | undefined, surface: Surface, words: string): void {
  expect(answer?.body).toContain(words);
  expect(answer?.body).toContain('LIMIT_REACHED');
  if (surface === 'WebSocket') return;
  expect(answer?.status).toBe(429);
  expect(words).toContain(`wait ${answer?.retryAfter} second`);
}

const isAnswered = ({ body }: Answer) => body.includes('score');

/** What so many analyses cost, of which the first has its query read. */
function costOf(count: number): number {
  const answer = JSON.stringify({ data: { analyze: { score: 1 } } });
  const each = PRICES.operation + PRICES.character * (TEXT.length + answer.length);
  const reading = QUERY.length * PRICES.character + (parse(QUERY).tokenCount ?? 0) * PRICES.token;
  return count * each + reading;
}

describe.each(SURFACES)('over %s', (surface) => {
  test.each([
    ['nothing', 0],
    ['something', 1],
  ])('a connection that has %s left begins as many operations', async (_, extra) => {
    const clock = new FakeClock();
    // Twice as much may come at once.
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
    const words = 'This connection has used up its budget of work; wait 8 seconds.';
    expectRefused(await ask(), surface, words);
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
    // Twice as much may come at once, and the query is read once.
    expect(answers.filter(isAnswered).length).toBe(7);
    const words = 'Your address has used up its budget of work; wait 1 second.';
    expectRefused(answers.at(-1), surface, words);
    expect(isAnswered(await (await open(senti, surface, '198.51.100.8'))())).toBe(true);
    // It is one budget for all surfaces.
    for (const other of SURFACES) {
      expectRefused(await (await open(senti, other, CLIENT))(), other, words);
    }
    const track = await connectTrack(senti.socketUrl, { headers: { 'x-forwarded-for': CLIENT } });
    track.send({ track: 'coffee' });
    expect(await track.closed).toEqual({ code: 1013, reason: words });
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

test('a socket that repeats rejected operations is closed as one that floods', async () => {
  const senti = await startSenti(configOf('--max-work-per-second', '1'), new FakeClock());
  const { socket, messages, begin } = await openSocket(senti);
  for (let i = 0; i < 40; i++) begin();
  const [code] = await once(socket, 'close');
  expect(code).toBe(4429);
  expect(messages.filter(({ type }) => type === 'error').length).toBeLessThan(25);
});

test('what GraphiQL and 32 subscriptions cost at once is far from the limits', async () => {
  const senti = await startSenti(configOf(...BEHIND_PROXY), new FakeClock());
  const { messages, begin } = await openSocket(senti, CLIENT);
  for (let i = 0; i < 3; i++) begin(getIntrospectionQuery(), {});
  await until(() => messages.filter(({ type }) => type === 'complete').length === 3);
  for (let i = 0; i < 32; i++) {
    begin(`subscription { sentiment(track: "track${i}") { score hashtags { tag count } } }`, {});
  }
  await until(() => senti.source.wanted.at(-1)?.length === 32, 'all tracks are wanted');
  expect(messages.filter(({ type }) => type === 'error')).toEqual([]);
});

test('a text that one operation repeats is analyzed and paid for once', () => {
  const clock = new FakeClock();
  const budget = createBudget(TEXT.length, 0);
  const work = new Work([{ payer: 'connection', bucket: budget }], clock, () => {});
  let analyses = 0;
  const context = {
    analyze() {
      analyses += 1;
      return {};
    },
  } as unknown as ApiContext;
  const { analyze } = payFor(context, work);
  for (let i = 0; i < 8; i++) analyze(TEXT);
  analyze(`${TEXT.slice(1)}!`);
  expect(analyses).toBe(2);
  // Twice the rate was there at first.
  expect(budget.wait(0)).toBeCloseTo(1000 / TEXT.length);
});

test('an operation that arrives while the server stops does not begin', async () => {
  const clock = new FakeClock();
  // So many that they are told in more than one batch, and all in the last.
  const last = () => 0.999;
  const senti = await startSenti(configOf(), clock, undefined, last);
  const { socket, messages, begin } = await openSocket(senti);
  await until(() => messages.length === 1, 'the acknowledgement');
  for (let i = 0; i < 100; i++) await connectTrack(senti.socketUrl);
  const closing = senti.close();
  begin();
  begin('subscription { sentiment(track: "coffee") { score } }', {});
  socket.send('{"type":"ping"}');
  await until(() => messages.length === 2, 'an answer to what came last');
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
