// Persisted and trusted documents, on every transport.

import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { RetryLink } from '@apollo/client/link/retry';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { print } from '@apollo/client/utilities';
import type { FormattedExecutionResult } from 'graphql';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import { firstValueFrom } from 'rxjs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { StatusDocument } from '../../../schema/operations.ts';
import { configOf, type Senti, startSenti } from '../../support/senti.ts';
import { startProxy } from '../../support/tcp-proxy.ts';
import { tempFile } from '../../support/temp-file.ts';
import { ask, STREAMS, TRANSPORTS } from '../../support/transports.ts';
import { ticks, until } from '../../support/until.ts';

const COFFEE = 'subscription Coffee { sentiment(track: "coffee") { polarityIndex } }';
const LISTENERS = 'query Listeners { status { listeners } }';
interface Data {
  readonly sentiment: { readonly polarityIndex: number };
}

const IDS = { coffee: COFFEE, listeners: LISTENERS };
const NOT_SUPPORTED = {
  message: 'PersistedQueryNotSupported',
  extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' },
};
const NOT_FOUND = {
  message: 'PersistedQueryNotFound',
  extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' },
};

function startTrusting(...argv: readonly string[]) {
  const path = tempFile('documents.json', JSON.stringify(IDS));
  return startSenti(configOf('--documents', path, ...argv));
}

/** A request that names an operation by its id; over a WebSocket, the library wants a text as well. */
const naming = (id: string) => ({
  query: '',
  extensions: { persistedQuery: { version: 1, sha256Hash: id } },
});

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('an id is not supported without a list of documents', async () => {
    const senti = await startSenti();
    expect((await ask(senti, transport, naming('coffee'))).errors).toEqual([NOT_SUPPORTED]);
  });

  test('an operation of the list is run by its id, and by its text however it is written', async () => {
    const senti = await startTrusting();
    for (const asked of [
      naming('listeners'),
      { query: LISTENERS },
      { query: `# Who listens?\n${LISTENERS.replaceAll(' ', '\n')}` },
    ]) {
      const { data, errors } = await ask(senti, transport, asked);
      expect([data, errors]).toEqual([{ status: { listeners: 0 } }, undefined]);
    }
  });

  test('no other operation is run, and an unknown id is not found', async () => {
    const senti = await startTrusting();
    expect((await ask(senti, transport, naming('tea'))).errors).toEqual([NOT_FOUND]);
    for (const asked of [
      { query: '{ __typename }' },
      { query: '{ __schema { types { name } } }' },
      { query: COFFEE.replace('coffee', 'tea') },
      { query: `${LISTENERS} ${COFFEE}`, operationName: 'Listeners' },
    ]) {
      expect((await ask(senti, transport, asked)).errors).toEqual([
        {
          message: expect.stringContaining('runs only the operations that its operator lists'),
          extensions: { code: 'FORBIDDEN' },
        },
      ]);
    }
    expect(senti.source.wanted).toEqual([]);
  });

  test("the dashboard's own operations are run", async () => {
    const senti = await startTrusting();
    const { data } = await ask(senti, transport, { query: String(StatusDocument) });
    expect(data).toMatchObject({ status: { listeners: 0 } });
  });
});

test.each(STREAMS)('a subscription over %s is opened by its id', async (stream) => {
  const senti = await startTrusting();
  const first = ask(senti, stream, naming('coffee'));
  await until(() => senti.source.wanted.length > 0, 'coffee is wanted');
  senti.source.say('great coffee');
  expect(await first).toEqual({ data: { sentiment: { polarityIndex: 0 } } });
});

test.each([
  ['documentId', { documentId: 'listeners' }],
  ['documentId with its hash named', { documentId: 'sha256:listeners' }],
  ['doc_id', { doc_id: 'listeners' }],
  ['a plain persistedQuery', { extensions: { persistedQuery: 'listeners' } }],
])('an id may come as %s', async (_, asked) => {
  const { url } = await startTrusting();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(asked),
  });
  expect(await response.json()).toEqual({ data: { status: { listeners: 0 } } });
});

test.each([
  ['documentId', { documentId: 'listeners' }],
  ['doc_id', { doc_id: 'listeners' }],
  ['extensions', { extensions: JSON.stringify(naming('listeners').extensions) }],
])('an id may come as %s in the address of a GET', async (_, asked) => {
  const { url } = await startTrusting();
  const response = await fetch(`${url}/graphql?${new URLSearchParams(asked)}`);
  expect(await response.json()).toEqual({ data: { status: { listeners: 0 } } });
});

test.each([{ documentId: 7 }, { extensions: { persistedQuery: null } }, { extensions: 'coffee' }])(
  '%j is no id',
  async (asked) => {
    const { url } = await startTrusting();
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(asked),
    });
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as FormattedExecutionResult;
    expect(errors?.[0]?.extensions?.code).toBe('BAD_REQUEST');
  },
);

test('GraphiQL is off, since it could run nothing', async () => {
  const { url } = await startTrusting();
  const response = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
  expect(response.headers.get('content-type')).not.toContain('text/html');
});

describe('a client that knows ids', () => {
  const cache = new InMemoryCache();
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  /** Their texts as Apollo Client sends them, which is with the names of types. */
  const [coffee, listeners] = [COFFEE, LISTENERS].map((text) =>
    print(cache.transformDocument(gql(text))),
  ) as [string, string];
  const MANIFEST = JSON.stringify({
    format: 'apollo-persisted-query-manifest',
    version: 1,
    operations: [coffee, listeners].map((body) => ({ id: sha256(body), body })),
  });

  function startWithManifest(...argv: readonly string[]) {
    return startSenti(configOf('--documents', tempFile('manifest.json', MANIFEST), ...argv));
  }

  /** Also has the texts that it sends, each undefined if it names the operation by its id alone. */
  function connect(link: ApolloLink, sent: (string | undefined)[]) {
    const apollo = new ApolloClient({
      link: ApolloLink.from([
        new RetryLink({ attempts: { max: Number.POSITIVE_INFINITY }, delay: () => 10 }),
        new PersistedQueryLink({ sha256 }),
        link,
      ]),
      cache,
    });
    onTestFinished(() => apollo.stop());
    return { apollo, sent };
  }

  function overHttp(url: string) {
    const sent: (string | undefined)[] = [];
    const link = new HttpLink({
      uri: `${url}/graphql`,
      fetch(address, options) {
        sent.push(JSON.parse(String(options?.body)).query);
        return fetch(address, options);
      },
    });
    return connect(link, sent);
  }

  function overSocket(url: string) {
    const sent: (string | undefined)[] = [];
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      retryAttempts: Number.POSITIVE_INFINITY,
      shouldRetry: () => true,
      retryWait: () => ticks(5),
    });
    onTestFinished(() => void client.dispose());
    const { subscribe } = client;
    client.subscribe = (payload, sink) => {
      sent.push(payload.query);
      return subscribe(payload, sink);
    };
    return connect(new GraphQLWsLink(client), sent);
  }

  test('sends only texts once it was told that ids are not supported', async () => {
    const { url } = await startSenti();
    const { apollo, sent } = overHttp(url);
    for (let i = 0; i < 2; i++) {
      const { data } = await apollo.query({ query: gql(LISTENERS), fetchPolicy: 'no-cache' });
      expect(data).toEqual({ status: { __typename: 'Status', listeners: 0 } });
    }
    expect(sent).toEqual([undefined, listeners, listeners]);
  });

  test('subscribes by its text once it was told that ids are not supported', async () => {
    const { url, source } = await startSenti();
    const { apollo, sent } = overHttp(url);
    const first = firstValueFrom(apollo.subscribe<Data>({ query: gql(COFFEE) }));
    await until(() => source.wanted.length > 0, 'coffee is wanted');
    source.say('awful coffee');
    expect((await first).data?.sentiment.polarityIndex).toBe(1);
    expect(sent).toEqual([undefined, coffee]);
  });

  test('sends only ids to a server with a list of documents', async () => {
    const { url } = await startWithManifest();
    const { apollo, sent } = overHttp(url);
    const { data } = await apollo.query({ query: gql(LISTENERS), fetchPolicy: 'no-cache' });
    expect(data).toMatchObject({ status: { listeners: 0 } });
    expect(sent).toEqual([undefined]);
  });

  type Follow = (url: string, hear: (score: unknown) => void) => () => void;

  /** Each subscribes to coffee, and returns a function that stops it. */
  const clients: readonly [string, Follow][] = [
    ['Apollo Client over multipart', (url, hear) => follow(overHttp(url), undefined, hear)],
    ['Apollo Client over WebSocket', (url, hear) => follow(overSocket(url), coffee, hear)],
    [
      'graphql-sse',
      (url, hear) => {
        const client = createSseClient({
          url: `${url}/graphql`,
          retryAttempts: Number.POSITIVE_INFINITY,
          retry: () => ticks(5),
        });
        client.subscribe<Data>(naming(sha256(coffee)), {
          next: ({ data }) => hear(data?.sentiment.polarityIndex),
          error: hear,
          complete() {},
        });
        return () => client.dispose();
      },
    ],
  ];

  /** Expects that the client sends `text` each time that it subscribes. */
  function follow(
    { apollo, sent }: ReturnType<typeof connect>,
    text: string | undefined,
    hear: (score: unknown) => void,
  ) {
    const subscription = apollo
      .subscribe<Data>({ query: gql(COFFEE), fetchPolicy: 'no-cache' })
      .subscribe(({ data, error }) => {
        expect(sent.every((one) => one === text)).toBe(true);
        hear(error ?? data?.sentiment.polarityIndex);
      });
    return () => subscription.unsubscribe();
  }

  test.each(clients)(
    '%s subscribes again when its connection is cut and when its server starts anew',
    async (_, subscribe) => {
      const first = await startWithManifest();
      const { port } = new URL(first.url);
      const proxy = await startProxy(Number(port));
      const scores: unknown[] = [];
      const stop = subscribe(`http://127.0.0.1:${proxy.port}`, (score) => scores.push(score));
      const isFollowed = ({ source }: Senti) => source.wanted.at(-1)?.includes('coffee') === true;

      await until(() => isFollowed(first), 'coffee is wanted');
      first.source.say('great coffee');
      await until(() => scores.length === 1, 'an event');
      proxy.cut();
      await until(() => !isFollowed(first), 'the connection is gone');
      proxy.mend();
      await until(() => isFollowed(first), 'coffee is wanted again');
      first.source.say('awful coffee');
      await until(() => scores.length === 2, 'an event after the cut');
      await first.close();
      const second = await startWithManifest('--port', port);
      await until(() => isFollowed(second), 'coffee is wanted of the new server');
      second.source.say('coffee');
      await until(() => scores.length === 3, 'an event of the new server');
      expect(scores).toEqual([0, 1, 2]);
      // Else the client would look for its server to the end.
      stop();
    },
  );
});
