// The Accept header: a subscription that could not be answered is not opened, and the client learns why.

import { describe, expect, test } from 'vitest';
import { admits, streamOf } from '../../../src/api/graphql/accept.ts';
import { ACCEPT_PARTS, PARTS_TYPE } from '../../support/multipart.ts';
import { startSenti } from '../../support/senti.ts';
import { ticks, until } from '../../support/until.ts';

const QUERY = '{ __typename }';
const SUBSCRIPTION = 'subscription { sentiment(track: "coffee") { score } }';
const STREAM = 'text/event-stream';

function ask(url: string, method: string, query: string, accept: string): Promise<Response> {
  const address = `${url}/graphql`;
  const headers = { accept, 'content-type': 'application/json' };
  return method === 'POST'
    ? fetch(address, { method, headers, body: JSON.stringify({ query }) })
    : fetch(`${address}?query=${encodeURIComponent(query)}`, { method, headers });
}

/** What clients send that has no place for a stream; the first is Apollo Client's. */
const NO_STREAM = [
  'application/graphql-response+json,application/json;q=0.9',
  'multipart/mixed;subscriptionSpec=2.0,application/json',
  'multipart/mixed;subscriptionSpec=1.0;q=0,application/json',
  'multipart/mixed;deferSpec=20220824,application/json',
  'application/json',
  'multipart/mixed',
  'image/png',
  'application/*',
  'text/event-stream;q=0, */*',
  'text/event-stream;charset=latin1',
  ',;',
];

test('a request without an operation is told of one that works', async () => {
  const { url } = await startSenti();
  const post = async (body: string) => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${url}/graphql`, { method: 'POST', headers, body })).text();
  };
  const { errors } = JSON.parse(await post('{}'));
  const [, example = ''] = errors[0].message.split('such as ');
  expect(await post(example.replace(/\.$/, ''))).toBe('{"data":{"status":{"activeTracks":0}}}');
});

describe.each(['POST', 'GET'])('a %s', (method) => {
  test.each(NO_STREAM)('for a subscription that takes %j is told of streams', async (accept) => {
    const { url, source } = await startSenti();
    const response = await ask(url, method, SUBSCRIPTION, accept);
    const { errors } = (await response.json()) as {
      errors: [{ message: string; extensions: object }];
    };
    expect(response.status).toBe(406);
    expect(response.headers.get('content-type')).toMatch(/json; charset=utf-8$/);
    expect(errors).toHaveLength(1);
    expect(errors[0].extensions).toEqual({ code: 'NOT_ACCEPTABLE' });
    const advised = [...errors[0].message.matchAll(/"Accept: (.+?)"/g)].map(([, named]) => named);
    expect(advised.slice(-2)).toEqual([STREAM, 'multipart/mixed;subscriptionSpec=1.0']);
    expect(errors[0].message).toContain('graphql-transport-ws');
    await ticks(5);
    expect(source.wanted).toEqual([]);
  });

  test.each([STREAM, '*/*', '', 'text/*', `application/json, ${STREAM};q=0.1`])(
    'for a subscription that takes %j is answered with a stream, which ends with its client',
    async (accept) => {
      const { url, source } = await startSenti();
      const response = await ask(url, method, SUBSCRIPTION, accept);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, STREAM]);
      await response.body?.cancel();
      await until(() => source.wanted.length === 2, 'nobody listens');
      expect(source.wanted).toEqual([['coffee'], []]);
    },
  );

  test.each(['multipart/mixed;subscriptionSpec=1.0', ACCEPT_PARTS])(
    'for a subscription that takes %j is answered in parts, which end with their client',
    async (accept) => {
      const { url, source } = await startSenti();
      const response = await ask(url, method, SUBSCRIPTION, accept);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, PARTS_TYPE]);
      await response.body?.cancel();
      await until(() => source.wanted.length === 2, 'nobody listens');
      expect(source.wanted).toEqual([['coffee'], []]);
    },
  );

  test.each([
    SUBSCRIPTION.replace('coffee', 'the'),
    SUBSCRIPTION.replace('score', 'nothing'),
    'subscription {',
    QUERY,
  ])('for %j that takes nothing but the parts of a subscription gets JSON', async (query) => {
    const { url } = await startSenti();
    const response = await ask(url, method, query, 'multipart/mixed;subscriptionSpec=1.0');
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'application/json; charset=utf-8',
    ]);
    const { data, errors } = (await response.json()) as { data?: object; errors?: object[] };
    expect([data !== undefined, errors !== undefined]).toEqual([query === QUERY, query !== QUERY]);
  });

  // As Hive Router asks its subgraphs.
  test('for a subscription that cannot begin, and takes no JSON, is told why in an event', async () => {
    const { url } = await startSenti();
    const accept = `multipart/mixed;subscriptionSpec="1.0", ${STREAM}`;
    const response = await ask(url, method, SUBSCRIPTION.replace('coffee', 'the'), accept);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, STREAM]);
    expect(await response.text()).toMatch(/^event: next\ndata: {"errors":.*BAD_TRACK/m);
  });

  test.each(['image/png', 'application/json;charset=latin1'])(
    'for a query that takes %j is told of JSON',
    async (accept) => {
      const { url } = await startSenti();
      const response = await ask(url, method, QUERY, accept);
      expect(response.status).toBe(406);
      expect(await response.text()).toContain('Answers are JSON; send the header');
    },
  );
});

test('a subscription by HEAD is rejected, and nothing is tracked', async () => {
  const { url, source } = await startSenti();
  const response = await ask(url, 'HEAD', SUBSCRIPTION, STREAM);
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
  await ticks(5);
  expect(source.wanted).toEqual([]);
});

test.each<[string | undefined, boolean]>([
  [undefined, true],
  ['', true],
  ['*/*', true],
  ['TEXT/Event-Stream ; q = 0.5', true],
  ['text/*, application/json', true],
  ['*/*;q=0', false],
  ['*/*;q=0.000, text/event-stream', true],
  ['*/*, text/event-stream; q=0.0', false],
  ['text/*;q=0, */*', false],
  ['text/event-stream; charset=utf-8', true],
  ['text/event-streams', false],
  ['*', false],
])('Accept %j takes a stream of events: %s', (accept, takes) => {
  expect(admits(accept, STREAM)).toBe(takes);
});

const PARTS = 'multipart/mixed';

test.each<[string | undefined, ReturnType<typeof streamOf>]>([
  [undefined, STREAM],
  ['*/*', STREAM],
  [PARTS, undefined],
  [`${PARTS};subscriptionSpec=1.0`, PARTS],
  [`${PARTS}; boundary="graphql"; SubscriptionSpec="1.0", ${STREAM}`, PARTS],
  [`${STREAM}, ${PARTS};subscriptionSpec=1.0`, PARTS],
  [`${PARTS};subscriptionSpec=1.0, */*;q=0.1`, PARTS],
  [`${PARTS};subscriptionSpec=1.0;q=0.5, ${STREAM}`, STREAM],
  [`${PARTS};subscriptionSpec=1.0;q=0.5, ${STREAM};q=0.1`, PARTS],
  [`${PARTS};subscriptionSpec=1.0;q=0, ${STREAM};q=0.1`, STREAM],
  [`${PARTS};subscriptionSpec=1.0;q=nonsense`, PARTS],
  [`${PARTS};subscriptionSpec=1.0;charset=latin1`, undefined],
  [`${PARTS};deferSpec=20220824, application/json`, undefined],
])('of the streams, Accept %j prefers %s', (accept, stream) => {
  expect(streamOf(accept)).toBe(stream);
});
