// Subscriptions to windows, over every transport that streams.

import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { FormattedExecutionResult } from 'graphql';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import WebSocket from 'ws';
import {
  StatusDocument,
  WindowDocument,
  type WindowSubscription,
} from '../../../schema/operations.ts';
import { MAX_WINDOWS_PER_ADDRESS } from '../../../src/api/access/work-budget.ts';
import { Selection } from '../../../src/api/graphql/selection.ts';
import { UserError } from '../../../src/base/user-error.ts';
import { SqliteStore } from '../../../src/history/sqlite-store.ts';
import { post } from '../../support/clients.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { configOf, type Senti, startSenti } from '../../support/senti.ts';
import { createIssuer, withKeys } from '../../support/tokens.ts';
import { track } from '../../support/tracks.ts';
import { ask, runOver, STREAMS, type Stream } from '../../support/transports.ts';
import { ticks, until } from '../../support/until.ts';

const START = Date.parse('2026-11-20T10:00:00Z');

async function start(...argv: readonly string[]) {
  const clock = new FakeClock(START);
  const senti = await startSenti(configOf(...argv), clock);
  return { ...senti, clock };
}

function watch(senti: Senti, stream: Stream, variables = { track: 'coffee' }) {
  return runOver(senti, stream, WindowDocument, variables);
}

type Result = FormattedExecutionResult<WindowSubscription>;

async function next(results: AsyncIterator<Result>): Promise<WindowSubscription['window']> {
  const { value } = await results.next();
  if (!value?.data) throw new Error(JSON.stringify(value));
  return value.data.window;
}

describe.each(STREAMS)('a window over %s', (stream) => {
  test('comes at once, and then sums up the posts', async () => {
    const senti = await start();
    const windows = watch(senti, stream);
    expect(await next(windows)).toEqual({
      from: '2026-11-20T09:55:00.000Z',
      to: '2026-11-20T10:00:00.000Z',
      complete: false,
      posts: 0,
      positive: 0,
      negative: 0,
      neutral: 0,
      meanScore: null,
      postsPerMinute: null,
      bySource: [],
      hashtags: [],
      spike: false,
      previous: { posts: 0, meanScore: null, postsPerMinute: null },
    });
    senti.clock.advance(2000);
    senti.source.say('coffee is great #Espresso #espresso');
    senti.source.say('coffee is awful #espresso #Latte');
    senti.source.say('coffee');
    senti.source.say('tea is great');
    senti.clock.advance(3000);
    const window = await next(windows);
    expect(window).toMatchObject({
      to: '2026-11-20T10:00:05.000Z',
      posts: 3,
      bySource: [{ source: 'hand', posts: 3 }],
      positive: 1,
      negative: 1,
      neutral: 1,
      postsPerMinute: 45,
      hashtags: [
        { tag: 'espresso', count: 2 },
        { tag: 'latte', count: 1 },
      ],
    });
    expect(window.meanScore).toBeCloseTo((0.6249 - 0.4588) / 3, 4);
  });

  test('ends with the reason when the track cannot be followed any more', async () => {
    const senti = await start();
    const windows = watch(senti, stream);
    await next(windows);
    senti.source.sink.rejected(track('coffee'), new UserError('UPSTREAM_FULL', 'No room.'));
    const { value } = await windows.next();
    expect(value?.errors?.[0]).toMatchObject({
      message: 'No room.',
      extensions: { code: 'UPSTREAM_FULL' },
    });
    expect((await windows.next()).done).toBe(true);
    expect((await post(senti.url, StatusDocument, {})).data?.status.listeners).toBe(0);
  });

  test('closes its topic when its client leaves', async () => {
    const senti = await start();
    const windows = watch(senti, stream);
    await next(windows);
    expect(senti.source.wanted.at(-1)).toEqual(['coffee']);
    await windows.return?.();
    await until(() => senti.source.wanted.at(-1)?.length === 0, 'nothing is wanted');
  });
});

test('ends with the token that it was opened with', async () => {
  const clock = new FakeClock(START);
  const issuer = await createIssuer(clock);
  const senti = await startSenti(withKeys(issuer.keys), clock);
  const query = encodeURIComponent('subscription { window(track: "coffee", every: 1) { posts } }');
  const response = await fetch(`${senti.url}/graphql?query=${query}`, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${await issuer.sign(3)}` },
  });
  const body = response.text();
  clock.advance(3000);
  const events = (await body).split('\n\n');
  expect(events.filter((event) => event.includes('"posts":0')).length).toBeGreaterThanOrEqual(3);
  expect(events.at(-3)).toContain('UNAUTHENTICATED');
  expect(events.at(-2)).toContain('event: complete');
  await until(() => senti.source.wanted.at(-1)?.length === 0, 'nothing is wanted');
});

describe('what a client may ask for', () => {
  test.each([
    ['span: 59', '"span" is 59. It must be a number of seconds from 60 to 86400.'],
    ['span: 86401', '"span" is 86401. It must be a number of seconds from 60 to 86400.'],
    ['every: 0', '"every" is 0. It must be a number of seconds from 1 to 3600.'],
    ['every: 3601', '"every" is 3601. It must be a number of seconds from 1 to 3600.'],
  ])('is bounded: %s', async (argument, message) => {
    const senti = await start();
    const query = `subscription { window(track: "coffee", ${argument}) { posts } }`;
    for (const transport of STREAMS) {
      const { errors } = await ask(senti, transport, { query });
      expect(errors?.[0]).toMatchObject({ message, extensions: { code: 'BAD_USER_INPUT' } });
    }
  });

  test('is a track that can be followed', async () => {
    const senti = await start();
    const query = 'subscription { window(track: "the") { posts } }';
    const { errors } = await ask(senti, 'WebSocket', { query });
    expect(errors?.[0]?.extensions?.code).toBe('BAD_TRACK');
  });
});

test('begins with the counts by the minute where no events are kept', async () => {
  const senti = await start(
    ...['--recent-events', '10', '--linger', '3600'],
    ...['--max-subscriptions', 'none'],
  );
  const first = watch(senti, 'SSE');
  await next(first);
  senti.clock.advance(60_000);
  for (let minute = 1; minute <= 10; minute++) {
    for (let i = 0; i < 20; i++) senti.source.say('coffee is great #bean');
    senti.clock.advance(60_000);
  }
  await first.return?.();
  // The last minute has ended, and is confirmed by the one that runs.
  senti.source.say('coffee');
  const window = await next(watch(senti, 'SSE'));
  expect(window).toMatchObject({
    to: '2026-11-20T10:11:00.000Z',
    posts: 100,
    positive: 100,
    complete: true,
    postsPerMinute: 20,
    hashtags: [{ tag: 'bean', count: 100 }],
    previous: { posts: 100, postsPerMinute: 20 },
  });
  expect(window.meanScore).toBeCloseTo(0.6249, 4);

  // After a restart, many begin at once. The store answers once it has all of their questions.
  const { read } = SqliteStore.prototype;
  let asked = 0;
  vi.spyOn(SqliteStore.prototype, 'read').mockImplementation(async function (
    this: SqliteStore,
    span,
  ) {
    asked += 1;
    await until(() => asked === 100, 'all have asked');
    return read.call(this, span);
  });
  onTestFinished(() => void vi.restoreAllMocks());
  const { messages, begin } = await openSocket(senti);
  for (let i = 1; i <= 100; i++) {
    begin(`${i}`, `subscription { window(track: "coffee", span: ${300 + i}) { posts } }`);
  }
  const firsts = () => messages.filter((message) => message.includes('"next"'));
  await until(() => firsts().length === 100, 'each has its first window');
  for (const first of firsts()) {
    expect(JSON.parse(first).payload.data.window.posts).toBeGreaterThanOrEqual(100);
  }
});

/** A WebSocket for many operations. */
async function openSocket({ socketUrl }: Senti, headers = {}) {
  const socket = new WebSocket(`${socketUrl}/graphql`, 'graphql-transport-ws', { headers });
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  const messages: string[] = [];
  socket.on('message', (data) => messages.push(String(data)));
  socket.send('{"type":"connection_init"}');
  return {
    socket,
    messages,
    begin: (id: string, query: string) =>
      socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query } })),
    end: (id: string) => socket.send(JSON.stringify({ id, type: 'complete' })),
  };
}

test('is encoded once for each selection, however many clients share it', async () => {
  const senti = await start('--max-subscriptions', 'none', '--max-messages-per-second', 'none');
  const client = await openSocket(senti);
  const selections = ['posts', 'posts spike', 'posts previous { meanScore }'];
  const count = 90;
  for (let i = 0; i < count; i++) {
    const every = [1, 5][i % 2];
    client.begin(
      `${i}`,
      `subscription { window(track: "coffee", every: ${every}) { ${selections[i % 3]} } }`,
    );
  }
  const windows = () => client.messages.filter((message) => message.includes('"next"')).length;
  await until(() => windows() === count, 'all have begun');
  const encode = vi.spyOn(Selection.prototype, 'encode');
  onTestFinished(() => encode.mockRestore());
  senti.clock.advance(5000);
  await until(() => windows() === count + 4 * (count / 2) + count, 'five seconds have come');
  expect(encode).toHaveBeenCalledTimes(5 * selections.length);
});

test('an address has a bounded number of different windows', async () => {
  const senti = await start(
    ...['--trust-proxy', '127.0.0.1', '--max-work-per-second', 'none'],
    ...['--max-work-per-address', 'none', '--max-subscriptions', 'none'],
    ...['--max-messages-per-second', 'none'],
  );
  const client = await openSocket(senti, { 'x-forwarded-for': '198.51.100.7' });
  const begin = (id: string, span: number) =>
    client.begin(id, `subscription { window(track: "coffee", span: ${span}) { posts } }`);
  const count = (part: string) =>
    client.messages.filter((message) => message.includes(part)).length;
  for (let i = 0; i < MAX_WINDOWS_PER_ADDRESS; i++) begin(`w${i}`, 60 + i);
  await until(() => count('"next"') === MAX_WINDOWS_PER_ADDRESS, 'all have come');
  begin('more', 3600);
  await until(() => count('different windows') === 1, 'one more is rejected');
  expect(client.messages.join()).toContain('LIMIT_REACHED');
  // An equal one is none of its own, and one that ends makes room.
  begin('same', 60);
  await until(() => count('"next"') === MAX_WINDOWS_PER_ADDRESS + 1, 'the same has come');
  client.end('w7');
  begin('room', 3600);
  await until(() => count('"next"') === MAX_WINDOWS_PER_ADDRESS + 2, 'there is room');
});

test('a client that is behind gets the newest window, and none of those before', async () => {
  const senti = await start();
  const client = await openSocket(senti);
  client.begin('w', 'subscription { window(track: "coffee", every: 1) { to } }');
  client.begin('e', 'subscription { sentiment(track: "coffee") { hashtags { tag } } }');
  await until(() => client.messages.some((message) => message.includes('"w"')), 'it has begun');
  client.socket.pause();
  const filler = '#filler'.padEnd(3000, 'x');
  for (let i = 0; i < 6000; i++) {
    senti.source.say(`coffee ${filler}`);
    if (i % 50 === 0) await setImmediate();
  }
  for (let second = 0; second < 8; second++) {
    senti.clock.advance(1000);
    await ticks(2);
  }
  client.socket.resume();
  const windows = () => client.messages.filter((message) => message.includes('"id":"w"'));
  await until(() => windows().length > 1, 'the newest has come');
  senti.source.say('coffee #last');
  await until(() => client.messages.some((message) => message.includes('"last"')), 'all has come');
  expect(windows().map((message) => JSON.parse(message).payload)).toEqual([
    { data: { window: { to: '2026-11-20T10:00:00.000Z' } } },
    { data: { window: { to: '2026-11-20T10:00:08.000Z' } } },
  ]);
});
