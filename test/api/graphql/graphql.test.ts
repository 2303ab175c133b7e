import { type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import {
  AnalyzeDocument,
  SentimentDocument,
  StatusDocument,
  TrackDocument,
} from '../../../schema/operations.ts';
import { UserError } from '../../../src/base/user-error.ts';
import { connectGraphQL, post, run } from '../../support/clients.ts';
import { ACCEPTS, HTTP_STREAMS } from '../../support/http-stream.ts';
import { startSenti } from '../../support/senti.ts';
import { track } from '../../support/tracks.ts';
import { ask, runOver, STREAMS, TRANSPORTS } from '../../support/transports.ts';
import { until } from '../../support/until.ts';

const BAD_TRACK = {
  message: expect.stringContaining('nothing but stop words'),
  extensions: { code: 'BAD_TRACK' },
};

describe('a subscription', () => {
  test.each(STREAMS)('over %s delivers what the schema promises', async (stream) => {
    const senti = await startSenti();
    const events = runOver(senti, stream, SentimentDocument, { track: 'coffee' });
    const first = events.next();
    await until(() => senti.source.wanted.length === 1, 'the track is wanted');
    senti.source.say('I love coffee #yum #Yum #joy', {
      url: 'https://example.com/0',
      createdAt: new Date('2026-11-20T10:11:12Z'),
    });
    senti.source.say('tea');
    senti.source.say('coffee is awful');
    expect((await first).value).toEqual({
      data: {
        sentiment: {
          cursor: expect.stringMatching(/^[\w-]{24}$/),
          receivedAt: expect.stringMatching(/^\d{4}-.*Z$/),
          polarityIndex: 0,
          polarity: 'POSITIVE',
          score: expect.any(Number),
          hashtags: [
            { tag: 'yum', count: 2 },
            { tag: 'joy', count: 1 },
          ],
          post: {
            id: '0',
            source: 'hand',
            url: 'https://example.com/0',
            createdAt: '2026-11-20T10:11:12.000Z',
            lang: 'en',
            text: 'I love coffee #yum #Yum #joy',
          },
        },
      },
    });
    expect((await events.next()).value).toMatchObject({
      data: { sentiment: { polarityIndex: 1, polarity: 'NEGATIVE', post: { id: '2', url: null } } },
    });
    await events.return?.();
    await until(() => senti.source.state.name === 'idle', 'the source is idle');
  });

  test.each(STREAMS)('over %s is told when the upstream has no room for it', async (stream) => {
    const senti = await startSenti();
    const events = runOver(senti, stream, SentimentDocument, { track: 'coffee' });
    const first = events.next();
    await until(() => senti.source.state.name === 'live', 'the source is live');
    senti.source.say('coffee');
    await first;
    const error = new UserError('UPSTREAM_FULL', 'X has no room for another topic.');
    senti.source.sink.rejected(track('coffee'), error);
    expect((await events.next()).value?.errors).toEqual([
      { message: error.message, extensions: { code: 'UPSTREAM_FULL' } },
    ]);
    expect((await events.next()).done).toBe(true);
    expect(senti.source.state).toEqual({ name: 'idle' });
  });

  test.each(STREAMS)('over %s is told why its track is rejected', async (stream) => {
    const senti = await startSenti();
    const events = runOver(senti, stream, SentimentDocument, { track: 'the' });
    expect((await events.next()).value?.errors).toEqual([expect.objectContaining(BAD_TRACK)]);
    expect(senti.source.wanted).toEqual([]);
  });

  test.each(HTTP_STREAMS)('over %s ends when its client goes without a word', async (stream) => {
    const senti = await startSenti();
    const stop = new AbortController();
    const response = await fetch(`${senti.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: ACCEPTS[stream] },
      body: JSON.stringify({ query: 'subscription { sentiment(track: "coffee") { score } }' }),
      signal: stop.signal,
    });
    expect(response.status).toBe(200);
    await until(() => senti.source.state.name === 'live', 'the source is live');
    stop.abort();
    await until(() => senti.source.state.name === 'idle', 'the source is idle');
  });
});

describe('on one WebSocket', () => {
  test.each([
    ['a bad track', { query: 'subscription { sentiment(track: "the") { score } }' }],
    ['a syntax error', { query: 'subscription { sentiment(' }],
    ['a field that is not there', { query: '{ nothing }' }],
    [
      'a variable that is missing',
      { query: 'query ($t: String!) { track(query: $t) { canonical } }' },
    ],
    ['an operation that is not there', { query: '{ __typename }', operationName: 'Other' }],
    ['no operation at all', { query: 'fragment F on Query { __typename }' }],
    ['a query that goes too deep', { query: '{a'.repeat(20_000) }],
    ['a list that goes too deep', { query: `{ track(query: ${'['.repeat(30_000)}` }],
  ])('%s fails its own operation alone', async (_, payload) => {
    const senti = await startSenti();
    const client = connectGraphQL(senti.socketUrl);
    const good = run(client, SentimentDocument, { track: 'coffee' });
    const first = good.next();
    await until(() => senti.source.state.name === 'live', 'the source is live');

    const outcome = await new Promise<unknown>((resolve) => {
      client.subscribe(payload, {
        next: ({ errors }) => resolve(errors),
        error: resolve,
        complete: () => {},
      });
    });
    expect(outcome).toEqual([expect.objectContaining({ message: expect.any(String) })]);

    senti.source.say('coffee');
    expect((await first).value?.data?.sentiment.post.id).toBe('0');
  });

  test('queries are answered while a subscription runs', async () => {
    const senti = await startSenti();
    const client = connectGraphQL(senti.socketUrl);
    const events = run(client, SentimentDocument, { track: 'coffee' });
    const first = events.next();
    await until(() => senti.source.state.name === 'live', 'the source is live');
    for await (const { data } of run(client, StatusDocument, {})) {
      expect(data?.status).toMatchObject({ activeTracks: 1, listeners: 1 });
    }
    senti.source.say('coffee');
    expect((await first).value?.data?.sentiment.post.id).toBe('0');
  });
});

describe('a query', () => {
  test.each(TRANSPORTS)('over %s may have an empty operationName, which is none', async (way) => {
    const senti = await startSenti();
    const question = { query: 'query Mine { __typename }', operationName: '' };
    expect(await ask(senti, way, question)).toEqual({ data: { __typename: 'Query' } });
    const get = `${senti.url}/graphql?operationName=&query=${encodeURIComponent(question.query)}`;
    expect(await (await fetch(get)).json()).toEqual({ data: { __typename: 'Query' } });
  });

  test('analyzes no text that is longer than any post', async () => {
    const { url } = await startSenti();
    const longest = 'good '.repeat(5000);
    const { data } = await post(url, AnalyzeDocument, { text: longest });
    expect(data?.analyze.polarity).toBe('POSITIVE');

    const { errors } = await post(url, AnalyzeDocument, { text: `${longest}!` });
    expect(errors).toEqual([
      expect.objectContaining({
        message: 'This text has 25001 characters; 25000 at most.',
        extensions: { code: 'LIMIT_REACHED' },
      }),
    ]);
  });

  test('analyzes a text', async () => {
    const { url } = await startSenti();
    const { data } = await post(url, AnalyzeDocument, { text: 'Awful, awful day :( #monday' });
    expect(data?.analyze).toEqual({
      polarityIndex: 1,
      polarity: 'NEGATIVE',
      score: expect.any(Number),
      hashtags: [{ tag: 'monday', count: 1 }],
      positive: expect.any(Number),
      neutral: expect.any(Number),
      negative: expect.any(Number),
      words: [
        { word: 'Awful', valence: -2 },
        { word: 'awful', valence: -2 },
        { word: ':(', valence: -1.9 },
      ],
    });
  });

  test('shows how a track is understood, or why it is not', async () => {
    const { url } = await startSenti();
    const good = await post(url, TrackDocument, { query: 'B "Flat White",c -#D' });
    expect(good.data?.track).toEqual({
      canonical: '"flat white" b, c -#d',
      rejectedBy: [],
      clauses: [
        { all: ['"flat white"', 'b'], none: [] },
        { all: ['c'], none: ['#d'] },
      ],
    });
    const terms = await post(url, TrackDocument, {
      query: 'https://www.Example.com/Docs OR C++ #Self-Care NOT "The Who"',
    });
    expect(terms.data?.track).toEqual({
      canonical: '#self-care c++ -"the who", example.com/docs',
      rejectedBy: [],
      clauses: [
        { all: ['#self-care', 'c++'], none: ['"the who"'] },
        { all: ['example.com/docs'], none: [] },
      ],
    });
    const bad = await post(url, TrackDocument, { query: 'the' });
    expect(bad.errors).toEqual([expect.objectContaining(BAD_TRACK)]);
    const unsupported = await post(url, TrackDocument, { query: 'from:alice' });
    const message = expect.stringMatching(/does not filter by author; "@alice" finds posts/);
    expect(unsupported.errors).toEqual([expect.objectContaining({ ...BAD_TRACK, message })]);
  });

  test('shows the status', async () => {
    const senti = await startSenti();
    const before = await post(senti.url, StatusDocument, {});
    expect(before.data?.status).toEqual({
      source: { name: 'hand', state: 'idle', reason: null, until: null, usage: null },
      sources: [expect.objectContaining({ name: 'hand', state: 'idle', postsSeen: 0 })],
      node: { id: 'single', role: 'INGEST' },
      cluster: { nodes: 1, activeTracks: 0, listeners: 0, problem: null },
      activeTracks: 0,
      listeners: 0,
      postsSeen: 0,
      postsMatched: 0,
      postsBad: 0,
      postsRepeated: 0,
      eventsDelivered: 0,
      eventsDropped: 0,
    });
    const until = Date.UTC(2026, 10, 20);
    senti.source.become({ name: 'waiting', reason: 'X is busy', until });
    senti.source.sink.bad('nonsense');
    senti.source.say('tea');
    const after = await post(senti.url, StatusDocument, {});
    expect(after.data?.status).toMatchObject({
      source: { state: 'waiting', reason: 'X is busy', until: '2026-11-20T00:00:00.000Z' },
      postsSeen: 1,
      postsBad: 1,
    });
  });
});

test('the status of a paid source shows what was read today and what it cost', async () => {
  const resetsAt = Date.UTC(2026, 10, 21);
  const usage = {
    postsToday: 120,
    estimatesToday: 3,
    costToday: 0.6,
    allowance: 10_000,
    resetsAt,
    postsThisMonth: 5000,
    monthlyAllowance: 'none',
    monthResetsAt: Date.UTC(2026, 11),
  };
  const senti = await startSenti(undefined, undefined, (source) =>
    Object.defineProperty(source, 'usage', { value: usage }),
  );
  const { data } = await post(senti.url, StatusDocument, {});
  expect(data?.status.source.usage).toEqual({
    ...usage,
    resetsAt: '2026-11-21T00:00:00.000Z',
    monthlyAllowance: null,
    monthResetsAt: '2026-12-01T00:00:00.000Z',
  });
});

test('an error that is ours is masked on POST, SSE and WebSocket, and logged', async () => {
  const senti = await startSenti(undefined, undefined, (source) =>
    Object.defineProperty(source, 'state', {
      get() {
        throw new Error('secret internals');
      },
    }),
  );
  const client = connectGraphQL(senti.socketUrl);
  const answers = [
    await post(senti.url, StatusDocument, {}),
    (await runOver(senti, 'SSE', StatusDocument, {}).next()).value,
    (await run(client, StatusDocument, {}).next()).value,
  ];
  for (const answer of answers) {
    expect(answer?.errors?.map((error: { message: string }) => error.message)).toEqual([
      'Unexpected error.',
    ]);
    expect(JSON.stringify(answer)).not.toContain('secret');
  }
  expect(senti.warnings.join('')).toContain('secret internals');
});

test('an answer in multipart has one length, and not two', async () => {
  const { url } = await startSenti();
  const { headers, body } = await new Promise<{ headers: IncomingHttpHeaders; body: string }>(
    (resolve, reject) => {
      const asked = request(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'multipart/mixed' },
      });
      asked.on('error', reject);
      asked.on('response', async (response) =>
        resolve({ headers: response.headers, body: await text(response) }),
      );
      asked.end('{"query":"{ __typename }"}');
    },
  );
  expect([headers['transfer-encoding'], Number(headers['content-length'])]).toEqual([
    undefined,
    body.length,
  ]);
});

test.each(['variables', 'extensions'])(
  'a GET whose %s are not JSON is answered with 400, which says so',
  async (name) => {
    const { url } = await startSenti();
    const target = new URL(`${url}/graphql?query={status{listeners}}`);
    target.searchParams.set(name, '{');
    const accept = { accept: 'application/json', 'content-type': 'application/json' };
    const response = await fetch(target, { headers: accept });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      errors: [
        {
          message: `The parameter "${name}" is not JSON; send a JSON object, percent-encoded.`,
          extensions: { code: 'BAD_REQUEST' },
        },
      ],
    });
    target.searchParams.set(name, '{}');
    expect((await fetch(target, { headers: accept })).status).toBe(200);
  },
);

test('a track in Latin-1 is rejected, and not followed as another one', async () => {
  const { url, source } = await startSenti();
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
  const query = 'subscription { sentiment(track: "café") { score } }';
  const body = Buffer.from(JSON.stringify({ query }), 'latin1');
  const inAddress = encodeURIComponent(query).replace('%C3%A9', '%E9');
  for (const response of [
    await fetch(`${url}/graphql`, { method: 'POST', headers, body }),
    await fetch(`${url}/graphql?query=${inAddress}`, { headers }),
  ]) {
    expect(source.wanted).toEqual([]);
    expect(await response.text()).toContain('send it in UTF-8');
  }
});
