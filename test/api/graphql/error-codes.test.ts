// Every error of a request has a code, whatever the transport, and says what to do.

import { describe, expect, test } from 'vitest';
import { startSenti } from '../../support/senti.ts';
import { ask, STREAMS } from '../../support/transports.ts';

const TWO = 'query A { status { listeners } } query B { status { listeners } }';
const NEEDS_TRACK = 'query ($t: String!) { track(query: $t) { canonical } }';
const STREAM_NEEDS_TRACK = 'subscription ($t: String!) { sentiment(track: $t) { score } }';

describe.each(['POST', 'WebSocket'] as const)('over %s', (transport) => {
  test.each([
    ['GRAPHQL_PARSE_FAILED', { query: '{' }],
    ['GRAPHQL_VALIDATION_FAILED', { query: '{ nothing }' }],
    ['GRAPHQL_VALIDATION_FAILED', { query: '{ history(track: "coffee", from: "x") { cursor } }' }],
    ['BAD_USER_INPUT', { query: NEEDS_TRACK }],
    ['BAD_USER_INPUT', { query: NEEDS_TRACK, variables: { t: 1 } }],
    ['OPERATION_RESOLUTION_FAILURE', { query: TWO }],
    ['OPERATION_RESOLUTION_FAILURE', { query: TWO, operationName: '' }],
    ['OPERATION_RESOLUTION_FAILURE', { query: TWO, operationName: 'C' }],
    ['OPERATION_RESOLUTION_FAILURE', { query: '{ status { listeners } }', operationName: 'C' }],
  ])('the code is %s for %j', async (code, question) => {
    const { errors } = await ask(await startSenti(), transport, question);
    expect(errors?.map((error) => error.extensions)).toEqual([{ code }]);
  });

  test('an operation that is not named is told how to name it', async () => {
    const { errors } = await ask(await startSenti(), transport, { query: TWO });
    expect(errors?.[0]?.message).toMatch(/no "operationName", or the name of one as /);
  });
});

test.each(STREAMS)('a subscription over %s that lacks a variable gets a code', async (stream) => {
  const { errors } = await ask(await startSenti(), stream, { query: STREAM_NEEDS_TRACK });
  expect(errors?.map((error) => error.extensions)).toEqual([{ code: 'BAD_USER_INPUT' }]);
});

test.each([
  ['The body is not JSON; send ', '{'],
  ['The body must be a JSON object, such as ', 'null'],
  ['The body must be a JSON object, such as ', '"{ status { listeners } }"'],
  ['The body is a list of operations; send ', '[{"query": "{ status { listeners } }"}]'],
  ['The body is too large; send ', `{"query": "${'a'.repeat(70_000)}"}`],
  ['The body has the field "$1"; beside "query", send ', '{"query": "{ __typename }", "$1": 1}'],
  ['"query" is of the type number; send a string', '{"query": 5}'],
  ['"variables" is of the type string; send an obj', '{"query": "{ a }", "variables": "{}"}'],
  ['"extensions" is of the type array; send an obj', '{"query": "{ a }", "extensions": []}'],
])('a body is answered with "%s…"', async (advice, body) => {
  const { url } = await startSenti();
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
  expect([400, 413]).toContain(response.status);
  expect((await response.json()).errors[0].message).toContain(advice);
});
