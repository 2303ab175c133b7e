// The limits on the size of operations, and on introspection, are the same on every transport.

import { type GraphQLFormattedError, getIntrospectionQuery, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { explainSize, type QueryLimits } from '../../../src/api/graphql/operation-size.ts';
import { connectGraphQL } from '../../support/clients.ts';
import { configOf, startSenti } from '../../support/senti.ts';
import { ask, TRANSPORTS } from '../../support/transports.ts';

const times = (count: number, text: string) => Array(count).fill(text).join(' ');
const nested = (levels: number) => `${'{ a '.repeat(levels)}${'}'.repeat(levels)}`;
const aliased = (count: number) =>
  `{ status { ${Array.from({ length: count }, (_, i) => `a${i}: postsSeen`).join(' ')} } }`;

/** A fragment that spreads the next one twice, and so on: the last is reached 2^`count` times. */
function doubling(count: number, last: string): string {
  const fragments = Array.from({ length: count }, (_, i) => {
    const inner = i + 1 < count ? `...F${i + 1} ...F${i + 1}` : last;
    return `fragment F${i} on Query { ${inner} }`;
  });
  return `{ ...F0 } ${fragments.join(' ')}`;
}

const REJECTED = (what: string) => [
  {
    message: `This operation is too large: ${what} at most.`,
    extensions: { code: 'LIMIT_REACHED' },
  },
];

/** Operations that the default limits reject, and the options that admit them. */
const ATTACKS: readonly [name: string, query: string, what: string, options: readonly string[]][] =
  [
    ['too many tokens', `{ ${times(999, '__typename')} }`, '1000 tokens', []],
    ['a megabyte of brackets', `{ track(query: ${'['.repeat(60_000)}`, '1000 tokens', []],
    ['fields too deep', nested(9), '8 levels of fields', ['--max-query-depth', '9']],
    [
      'fields too deep by fragments',
      '{ a { ...F } } fragment F on X { b { c { d { ...G } } } } fragment G on X { e { f { g { h { i } } } } }',
      '8 levels of fields',
      ['--max-query-depth', '9'],
    ],
    [
      'too many fields at the highest level',
      `{ ${times(9, '__typename')} }`,
      '8 fields at its highest level',
      ['--max-root-fields', '9'],
    ],
    [
      'too many of them by fragments',
      doubling(5, '__typename'),
      '8 fields at its highest level',
      ['--max-root-fields', '16'],
    ],
    ['too many aliases', aliased(16), '15 aliases', ['--max-query-aliases', '16']],
    [
      'too many directives',
      `query ($a: Boolean = true) @x { __typename ${times(30, '@skip(if: $a)')} }`,
      '30 directives',
      ['--max-query-directives', '31'],
    ],
    [
      'too many fields',
      `{ status { ${times(100, 'postsSeen')} } }`,
      '100 fields',
      ['--max-query-fields', '101'],
    ],
    [
      'a fragment nobody spreads with too many fields',
      `{ __typename } fragment F on Status { ${times(301, 'postsSeen')} }`,
      '300 fields',
      [],
    ],
    [
      'the schema too deep',
      `{ __schema { types { ${'ofType { '.repeat(19)} name ${'}'.repeat(19)} } } }`,
      '20 levels of fields of the schema',
      [],
    ],
    [
      'too much of the schema',
      `{ __schema { types { ${times(300, 'name')} } } }`,
      '300 fields of the schema',
      [],
    ],
  ];

describe.each(TRANSPORTS)('an operation over %s', (transport) => {
  test.each(ATTACKS)('with %s is rejected', async (_, query, what, options) => {
    const senti = await startSenti();
    const { errors } = await ask(senti, transport, { query });
    expect(errors).toEqual(REJECTED(what));
    if (options.length === 0) return;
    const lenient = await startSenti(configOf(...options));
    const answer = await ask(lenient, transport, { query });
    expect(JSON.stringify(answer)).not.toContain('too large');
  });

  test('may be as large as the limits say', async () => {
    const senti = await startSenti();
    const { data, errors } = await ask(senti, transport, {
      query: `query ($yes: Boolean = true) {
        ${Array.from({ length: 7 }, (_, i) => `t${i}: __typename @include(if: $yes)`).join(' ')}
        status { ${Array.from({ length: 8 }, (_, i) => `s${i}: postsSeen`).join(' ')} }
      }`,
    });
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ t6: 'Query', status: { s7: 0 } });
  });

  test('may ask for the whole schema, as GraphiQL and code generators do', async () => {
    const senti = await startSenti();
    const query = getIntrospectionQuery({
      schemaDescription: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    const { data, errors } = await ask(senti, transport, { query });
    expect(errors).toBeUndefined();
    expect(data).toHaveProperty('__schema.types');
  });

  test('learns nothing of the schema when introspection is off', async () => {
    const senti = await startSenti(configOf('--introspection=false'));
    for (const query of ['{ __schema { types { name } } }', '{ __type(name: "Post") { name } }']) {
      const { data, errors } = await ask(senti, transport, { query });
      expect(data).toBeUndefined();
      expect(errors?.[0]?.message).toContain('introspection has been disabled');
    }
    const { errors } = await ask(senti, transport, { query: '{ statos { postSeen } }' });
    expect(errors?.length).toBeGreaterThan(0);
    expect(JSON.stringify(errors)).not.toMatch(/did you mean|"status/i);
    const { data } = await ask(senti, transport, { query: '{ __typename status { postsSeen } }' });
    expect(data).toEqual({ __typename: 'Query', status: { postsSeen: 0 } });
  });
});

test('without introspection, a browser still gets GraphiQL', async () => {
  const { url } = await startSenti(configOf('--introspection=false'));
  const response = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
  expect([response.status, await response.text()]).toEqual([
    200,
    expect.stringContaining('<title>Senti</title>'),
  ]);
});

test('a socket survives all its rejected operations', async () => {
  const senti = await startSenti();
  const client = connectGraphQL(senti.socketUrl);
  let closed = false;
  client.on('closed', () => {
    closed = true;
  });
  const answers = ATTACKS.map(
    ([, query]) =>
      new Promise((resolve) => {
        client.subscribe({ query }, { next: resolve, error: resolve, complete() {} });
      }),
  );
  const alive = client.iterate({ query: '{ __typename }' }).next();
  expect(await Promise.all(answers)).toEqual(ATTACKS.map(([, , what]) => REJECTED(what)));
  expect((await alive).value).toEqual({ data: { __typename: 'Query' } });
  expect(closed).toBe(false);
});

describe('the size of an operation', () => {
  const NONE: QueryLimits = configOf(
    ...['tokens', 'depth', 'aliases', 'directives', 'fields'].flatMap((name) => [
      `--max-query-${name}`,
      'none',
    ]),
    ...['--max-root-fields', 'none'],
  );

  test('is found by one look at each part, however often fragments spread each other', () => {
    const document = parse(doubling(80, '__typename'));
    let looks = 0;
    const watched = JSON.parse(JSON.stringify(document), (key, value) => {
      if (key !== 'selections') return value;
      return new Proxy(value, {
        get(target, name) {
          if (name === 'map') looks += 1;
          return Reflect.get(target, name);
        },
      });
    });
    expect(explainSize(watched, NONE)).toContain('300 fields');
    // Once as what is spread, and once as a definition of its own.
    expect(looks).toBeGreaterThanOrEqual(81);
    expect(looks).toBeLessThanOrEqual(2 * 81);
  });

  test('is found for fragments that spread each other in a circle', () => {
    const circle = '{ ...A } fragment A on Query { x ...B } fragment B on Query { y ...A ...B }';
    expect(explainSize(parse(circle), NONE)).toBeUndefined();
    expect(explainSize(parse(circle), { ...NONE, maxQueryFields: 1 })).toBeDefined();
  });
});

test('an operation too deep for the stack is rejected, and is not logged as an error', async () => {
  const names = ['query-tokens', 'query-depth', 'query-fields', 'work-per-second'];
  const limits = names.flatMap((name) => [`--max-${name}`, 'none']);
  const senti = await startSenti(configOf(...limits));
  // Parsing, measuring and validating each come to the end of the stack at another depth.
  for (const depth of [500, 1000, 2000, 3000, 4000, 6000, 8000, 15_000]) {
    const query = '{a'.repeat(depth) + '}'.repeat(depth);
    const response = await fetch(`${senti.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    expect([depth, response.status]).toEqual([depth, 200]);
    const codes = (await response.json()).errors.map((error: GraphQLFormattedError) => [
      error.message.replace(/".*/, ''),
      error.extensions?.code,
    ]);
    expect([
      ['This operation nests too deeply; flatten it.', 'LIMIT_REACHED'],
      ['Cannot query field ', 'GRAPHQL_VALIDATION_FAILED'],
    ]).toContainEqual(codes[0]);
  }
  expect(senti.log.filter((line) => JSON.parse(line).level >= ERROR)).toEqual([]);
});

/** As pino numbers its levels. */
const ERROR = 50;

test('permessage-deflate is not accepted when a client offers it', async () => {
  const { socketUrl } = await startSenti();
  const socket = new WebSocket(`${socketUrl}/track`, { perMessageDeflate: true });
  const response = await new Promise<{ headers: Record<string, unknown> }>((resolve) => {
    socket.once('upgrade', resolve);
  });
  expect(response.headers).not.toHaveProperty('sec-websocket-extensions');
  socket.terminate();
});
