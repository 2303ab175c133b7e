// Common GraphQL clients, each from its real package, against the running server.

import {
  ApolloClient,
  type ApolloLink,
  HttpLink,
  InMemoryCache,
  type TypedDocumentNode,
} from '@apollo/client';
import { RetryLink } from '@apollo/client/link/retry';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { parse } from 'graphql';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import { firstValueFrom, take, toArray } from 'rxjs';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  AnalyzeDocument,
  SentimentDocument,
  type SentimentSubscription,
  type SentimentSubscriptionVariables,
} from '../../schema/operations.ts';
import { UserError } from '../../src/base/user-error.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { exitOf, listening, start } from '../support/program.ts';
import { type Senti, startSenti } from '../support/senti.ts';
import { track } from '../support/tracks.ts';
import { ticks, until } from '../support/until.ts';

const POSTS = ['great coffee #good', 'awful coffee #bad', 'coffee'];
const SENTIMENT = parse(String(SentimentDocument)) as TypedDocumentNode<
  SentimentSubscription,
  SentimentSubscriptionVariables
>;
const variables = { track: 'coffee' };

/** Emits POSTS as soon as a client tracks coffee. */
async function emitPosts({ source }: Senti): Promise<void> {
  await until(() => source.wanted.at(-1)?.includes('coffee') === true, 'coffee is tracked');
  for (const text of POSTS) source.say(text);
}

/** Expects the events of POSTS, with the types of the schema. */
function expectPosts(events: readonly (SentimentSubscription | null | undefined)[]): void {
  const received = events.map((data) => data?.sentiment);
  expect(received.map((event) => event?.polarityIndex)).toEqual([0, 1, 2]);
  expect(received.map((event) => event?.polarity)).toEqual(['POSITIVE', 'NEGATIVE', 'NEUTRAL']);
  expect(received.map((event) => event?.hashtags.map(({ tag }) => tag))).toEqual([
    ['good'],
    ['bad'],
    [],
  ]);
}

function connectSocket(senti: Senti) {
  const client = createClient({ url: `${senti.socketUrl}/graphql` });
  onTestFinished(() => void client.dispose());
  return client;
}

describe('Apollo Client', () => {
  const links: readonly [string, (senti: Senti) => ApolloLink][] = [
    ['over graphql-ws', (senti) => new GraphQLWsLink(connectSocket(senti))],
    ['over its own HttpLink', ({ url }) => new HttpLink({ uri: `${url}/graphql` })],
  ];

  function connectApollo(link: ApolloLink): ApolloClient {
    const apollo = new ApolloClient({ link, cache: new InMemoryCache() });
    onTestFinished(() => apollo.stop());
    return apollo;
  }

  test.each(links)('receives every event %s, typed', async (_, make) => {
    const senti = await startSenti();
    const subscription = connectApollo(make(senti)).subscribe({ query: SENTIMENT, variables });
    const events = firstValueFrom(subscription.pipe(take(POSTS.length), toArray()));
    await emitPosts(senti);
    expectPosts((await events).map(({ data }) => data));
    await until(() => senti.source.wanted.at(-1)?.length === 0, 'the track is closed');
  });

  test.each(links)('receives the code and the message of a rejected track %s', async (_, make) => {
    const senti = await startSenti();
    const subscription = connectApollo(make(senti)).subscribe({
      query: SENTIMENT,
      variables: { track: 'the' },
    });
    const { error } = await firstValueFrom(subscription);
    expect(error).toMatchObject({
      errors: [{ message: expect.stringMatching(/stop words/), extensions: { code: 'BAD_TRACK' } }],
    });
  });

  test.each(links)('receives the error that ends its subscription %s', async (_, make) => {
    const senti = await startSenti();
    const subscription = connectApollo(make(senti)).subscribe({
      query: SENTIMENT,
      variables,
      fetchPolicy: 'no-cache',
    });
    const results = firstValueFrom(subscription.pipe(toArray()));
    await until(() => senti.source.wanted.length > 0, 'coffee is tracked');
    senti.source.say('coffee');
    senti.source.sink.rejected(track('coffee'), new UserError('UPSTREAM_FULL', 'No room.'));
    const [event, last, ...more] = await results;
    expect([event?.data?.sentiment.post.id, event?.error]).toEqual(['0', undefined]);
    expect(last?.error).toMatchObject({
      errors: [{ message: 'No room.', extensions: { code: 'UPSTREAM_FULL' } }],
    });
    expect(more).toEqual([]);
  });

  test('ignores the heartbeats of its HttpLink', async () => {
    const clock = new FakeClock();
    const senti = await startSenti(undefined, clock);
    const link = new HttpLink({ uri: `${senti.url}/graphql` });
    const subscription = connectApollo(link).subscribe({ query: SENTIMENT, variables });
    const results = firstValueFrom(subscription.pipe(take(2), toArray()));
    await until(() => senti.source.wanted.length > 0, 'coffee is tracked');
    senti.source.say('coffee');
    for (let i = 0; i < 3; i++) {
      clock.advance(12_000);
      await ticks(5);
    }
    senti.source.say('coffee');
    const ids = (await results).map(({ data }) => data?.sentiment.post.id);
    expect(ids).toEqual(['0', '1']);
  });

  test('subscribes again over its HttpLink when the server stops and starts anew', async () => {
    const first = start('--port', '0');
    const url = await listening(first);
    const retry = new RetryLink({ attempts: { max: Number.POSITIVE_INFINITY }, delay: () => 50 });
    const apollo = connectApollo(retry.concat(new HttpLink({ uri: `${url}/graphql` })));
    const ids: string[] = [];
    const subscription = apollo
      .subscribe({ query: SENTIMENT, variables: { track: 'coffee, tea, music' } })
      .subscribe({ next: ({ data }) => void ids.push(data?.sentiment.post.id ?? '') });
    onTestFinished(() => subscription.unsubscribe());
    await until(() => ids.length > 1, 'two events');
    const [, seed] = ids[0]?.split('-') ?? [];
    const stopped = exitOf(first);
    first.kill('SIGTERM');
    await stopped;
    await listening(start('--port', new URL(url).port));
    // A new server has a new seed.
    await until(() => ids.at(-1)?.split('-')[1] !== seed, 'an event of the new server');
    expect(ids.every((id) => id.startsWith('sample-'))).toBe(true);
  });
});

describe('urql', () => {
  type Make = (senti: Senti) => Client;
  const transports: readonly [string, Make][] = [
    [
      'over graphql-ws',
      (senti) => {
        const socket = connectSocket(senti);
        const overSocket = subscriptionExchange({
          forwardSubscription: (request) => ({
            subscribe: (sink) => ({
              unsubscribe: socket.subscribe({ ...request, query: request.query ?? '' }, sink),
            }),
          }),
        });
        return new Client({
          url: `${senti.url}/graphql`,
          preferGetMethod: false,
          exchanges: [overSocket, fetchExchange],
        });
      },
    ],
    [
      'over Server-Sent Events',
      (senti) =>
        new Client({
          url: `${senti.url}/graphql`,
          preferGetMethod: false,
          fetchSubscriptions: true,
          exchanges: [fetchExchange],
        }),
    ],
  ];

  test.each(transports)('receives every event %s, typed', async (_, make) => {
    const senti = await startSenti();
    const events: (SentimentSubscription | undefined)[] = [];
    const { promise: all, resolve } = Promise.withResolvers<void>();
    const { unsubscribe } = make(senti)
      .subscription(SENTIMENT, variables)
      .subscribe(({ data, error }) => {
        expect(error).toBeUndefined();
        events.push(data);
        if (events.length === POSTS.length) resolve();
      });
    onTestFinished(unsubscribe);
    await Promise.all([all, emitPosts(senti)]);
    expectPosts(events);
    unsubscribe();
    await until(() => senti.source.wanted.at(-1)?.length === 0, 'the track is closed');
  });

  test.each(transports)('receives the code of a rejected track %s', async (_, make) => {
    const senti = await startSenti();
    const { promise: code, resolve } = Promise.withResolvers<unknown>();
    const { unsubscribe } = make(senti)
      .subscription(SENTIMENT, { track: 'the' })
      .subscribe(({ error }) => resolve(error?.graphQLErrors[0]?.extensions.code));
    onTestFinished(unsubscribe);
    expect(await code).toBe('BAD_TRACK');
  });

  test('sends its queries by POST', async () => {
    const senti = await startSenti();
    const urql = new Client({
      url: `${senti.url}/graphql`,
      preferGetMethod: false,
      exchanges: [fetchExchange],
    });
    const { data } = await urql.query(String(AnalyzeDocument), { text: 'great' }).toPromise();
    expect(data?.analyze.polarity).toBe('POSITIVE');
  });
});

test('graphql-sse receives every event, typed', async () => {
  const senti = await startSenti();
  const client = createSseClient({ url: `${senti.url}/graphql` });
  onTestFinished(() => client.dispose());
  const payload = { query: String(SentimentDocument), variables };
  const events: (SentimentSubscription | null | undefined)[] = [];
  const posts = emitPosts(senti);
  for await (const { data } of client.iterate<SentimentSubscription>(payload)) {
    if (events.push(data) === POSTS.length) break;
  }
  await posts;
  expectPosts(events);
});
