// Senti as a subgraph: what its SDL composes to, and who may ask for it.

import { composeServices } from '@theguild/federation-composition';
import { buildSchema, type FormattedExecutionResult, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { configOf, type Senti, startSenti } from '../../support/senti.ts';
import { TOKEN, withTokens } from '../../support/tokens.ts';
import { ask, STREAMS } from '../../support/transports.ts';
import { until } from '../../support/until.ts';

/** As composing tools ask. */
const QUERY = 'query SubgraphIntrospectQuery { _service { sdl } }';

interface Service {
  readonly _service: { readonly sdl: string };
}

async function readSdl({ url }: Senti, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: QUERY }),
  });
  const { data, errors } = (await response.json()) as FormattedExecutionResult<Service>;
  return { status: response.status, sdl: data?._service.sdl, errors };
}

function composeWith(sdl: string | undefined, other: string) {
  return composeServices([
    { name: 'senti', url: 'http://senti/graphql', typeDefs: parse(sdl ?? '') },
    { name: 'shop', url: 'http://shop/graphql', typeDefs: parse(other) },
  ]);
}

const SHOP = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@shareable"])
  "Of another library, so that it says less than Senti's."
  scalar DateTime
  type Query { product(id: ID!, at: DateTime): Product }
  type Product @key(fields: "id") { id: ID!, name: String!, sold: Money! }
  type Money @shareable { amount: Int! }
  type Subscription { sold: Product! }
`;

/** The names of the fields of a type in an SDL. */
function fieldsOf(sdl: string | undefined, type: string): string[] {
  const fields = buildSchema(sdl ?? '')
    .toConfig()
    .types.find(({ name }) => name === type);
  return Object.keys(fields && 'getFields' in fields ? fields.getFields() : {}).sort();
}

describe('the SDL', () => {
  test('composes with another subgraph, and is not in the supergraph itself', async () => {
    const { sdl } = await readSdl(await startSenti(configOf('--federation')));
    expect(sdl).toMatch(
      /^extend schema @link\(url: "https:\/\/specs\.apollo\.dev\/federation\/v2\.4"\)\n/,
    );
    const { supergraphSdl, publicSdl, errors } = composeWith(sdl, SHOP);
    expect(errors).toBeUndefined();
    for (const field of ['sentiment', 'window', 'history']) {
      const own = new RegExp(`^  ${field}\\([^)]*\\): \\w+! @join__field\\(graph: SENTI\\)$`, 'm');
      expect(supergraphSdl).toMatch(own);
    }
    expect(fieldsOf(publicSdl, 'Query')).toEqual([
      'analyze',
      'estimate',
      'history',
      'product',
      'status',
      'track',
    ]);
    expect(fieldsOf(publicSdl, 'Subscription')).toEqual(['sentiment', 'sold', 'window']);
  });

  test.each([
    [
      'a type with an equal field',
      'type Query { post: Post } type Post { id: ID! }',
      /"?Post.id"?/,
    ],
    ['an equal field of Query', 'type Query { status: String }', /Query.status/],
    [
      'an interface of the same name',
      'type Query { node: Node } interface Node { id: ID! }',
      /Node/,
    ],
  ])('does not compose with %s, and the error names it', async (_, other, name) => {
    const { sdl } = await readSdl(await startSenti(configOf('--federation')));
    const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.4")';
    const { errors } = composeWith(sdl, link + other);
    expect(errors?.map(({ message }) => message).join()).toMatch(name);
  });
});

test('a subgraph answers queries as before', async () => {
  const senti = await startSenti(configOf('--federation'));
  const query = '{ history(track: "tea", from: "2026-02-30T10:00:00Z") { cursor } }';
  const { errors } = await ask(senti, 'POST', { query });
  expect(errors?.[0]?.message).toContain('A DateTime must be a time in ISO 8601 format');
});

describe('_service', () => {
  test('answers although introspection is off', async () => {
    const senti = await startSenti(configOf('--federation', '--introspection=false'));
    expect((await readSdl(senti)).sdl).toContain('type SentimentEvent {');
    const { errors } = await ask(senti, 'POST', { query: '{ __schema { types { name } } }' });
    expect(errors?.[0]?.message).toContain('introspection');
  });

  test('needs the token, if there is one', async () => {
    const senti = await startSenti(withTokens(configOf('--federation')));
    expect(await readSdl(senti)).toMatchObject({
      status: 401,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    const { sdl } = await readSdl(senti, { authorization: `Bearer ${TOKEN}` });
    expect(sdl).toContain('type SentimentEvent {');
  });

  test('is no field without --federation', async () => {
    const { errors } = await readSdl(await startSenti());
    expect(errors).toEqual([
      expect.objectContaining({ message: 'Cannot query field "_service" on type "Query".' }),
    ]);
  });
});

test.each(STREAMS)('a subgraph sends events over %s', async (stream) => {
  const senti = await startSenti(configOf('--federation'));
  const query = 'subscription { sentiment(track: "coffee") { __typename polarity } }';
  const first = ask(senti, stream, { query });
  await until(() => senti.source.wanted.length > 0, 'coffee is wanted');
  senti.source.say('great coffee');
  expect(await first).toEqual({
    data: { sentiment: { __typename: 'SentimentEvent', polarity: 'POSITIVE' } },
  });
});
