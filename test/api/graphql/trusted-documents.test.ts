// Persisted and trusted documents, on every transport.

import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import type { FormattedExecutionResult } from 'graphql';
import { describe, expect, test } from 'vitest';
import { StatusDocument } from '../../../schema/operations.ts';
import { configOf, startSenti } from '../../support/senti.ts';
import { tempFile } from '../../support/temp-file.ts';
import { ask, STREAMS, TRANSPORTS } from '../../support/transports.ts';
import { until } from '../../support/until.ts';

const COFFEE = 'subscription Coffee { sentiment(track: "coffee") { polarityIndex } }';
const LISTENERS = 'query Listeners { status { listeners } }';
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

test('an id may come in the address of a GET', async () => {
  const { url } = await startTrusting();
  const extensions = encodeURIComponent(JSON.stringify(naming('listeners').extensions));
  const response = await fetch(`${url}/graphql?extensions=${extensions}`);
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

describe('Apollo Client with automatic persisted queries', () => {
  /** What it sends. */
  function connect(url: string) {
    const sent: { query?: string }[] = [];
    const http = new HttpLink({
      uri: `${url}/graphql`,
      fetch(address, options) {
        sent.push(JSON.parse(String(options?.body)));
        return fetch(address, options);
      },
    });
    const link = new PersistedQueryLink({ sha256: () => 'listeners' }).concat(http);
    const apollo = new ApolloClient({ link: ApolloLink.from([link]), cache: new InMemoryCache() });
    const texts = () => sent.map(({ query }) => query !== undefined);
    return { apollo, texts };
  }

  test('sends only texts once it was told that ids are not supported', async () => {
    const { url } = await startSenti();
    const { apollo, texts } = connect(url);
    for (let i = 0; i < 2; i++) {
      const { data } = await apollo.query({ query: gql(LISTENERS), fetchPolicy: 'no-cache' });
      expect(data).toEqual({ status: { __typename: 'Status', listeners: 0 } });
    }
    expect(texts()).toEqual([false, true, true]);
    apollo.stop();
  });

  test('sends only ids to a server with a list of documents', async () => {
    const senti = await startTrusting();
    const { apollo, texts } = connect(senti.url);
    const { data } = await apollo.query({ query: gql(LISTENERS), fetchPolicy: 'no-cache' });
    expect(data).toMatchObject({ status: { listeners: 0 } });
    expect(texts()).toEqual([false]);
    apollo.stop();
  });
});
