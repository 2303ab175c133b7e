// GraphQL over HTTP: POST, SSE, and GraphiQL for a browser.

import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import type { Logger } from 'pino';
import { GRAPHIQL_TABS } from './graphiql.ts';
import { type ApiContext, schema } from './schema.ts';

export const GRAPHQL_PATH = '/graphql';

export type Yoga = YogaServerInstance<Record<string, unknown>, ApiContext>;

/** `graphiql` says whether a browser that asks gets the page to try queries on. */
export function createGraphQL(context: ApiContext, log: Logger, graphiql: boolean): Yoga {
  return createYoga<Record<string, unknown>, ApiContext>({
    schema,
    context: () => context,
    graphqlEndpoint: GRAPHQL_PATH,
    logging: {
      debug: (...args) => log.debug(printable(args)),
      info: (...args) => log.info(printable(args)),
      warn: (...args) => log.warn(printable(args)),
      error: (...args) => log.error(printable(args)),
    },
    landingPage: false,
    multipart: false,
    // Origins are checked for every surface alike before a request comes here.
    cors: (request) => ({
      origin: request.headers.get('origin') ?? [],
      methods: ['GET', 'POST', 'OPTIONS'],
      credentials: false,
    }),
    renderGraphiQL,
    graphiql: graphiql && {
      title: 'Senti',
      favicon: 'data:,',
      subscriptionsProtocol: 'WS',
      defaultTabs: GRAPHIQL_TABS,
      shouldPersistHeaders: false,
    },
  });
}

function printable(args: readonly unknown[]): string {
  return args
    .map((arg) => (arg instanceof Error ? (arg.stack ?? arg.message) : String(arg)))
    .join(' ');
}
