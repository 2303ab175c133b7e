// GraphQL over HTTP: POST, SSE, and GraphiQL for a browser.

import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { DocumentNode, ExecutionArgs, GraphQLError, GraphQLSchema } from 'graphql';
import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import type { Logger } from 'pino';
import { MAX_MESSAGE_BYTES } from '../upgrade.ts';
import type { Broadcast } from './broadcast.ts';
import type { ApiContext } from './builder.ts';
import type { Documents } from './documents.ts';
import { hideOurs } from './errors.ts';
import { GRAPHIQL_TABS } from './graphiql.ts';
import { schema } from './schema.ts';

export const GRAPHQL_PATH = '/graphql';

/** What Yoga lets a plugin replace, as far as it is used here. */
interface Hooks {
  setParseFn(parse: (text: string) => DocumentNode): void;
  setValidationFn(
    validate: (schema: GraphQLSchema, document: DocumentNode) => readonly GraphQLError[],
  ): void;
  setSubscribeFn(subscribe: (args: ExecutionArgs) => unknown): void;
}

export interface GraphQLOptions {
  readonly context: ApiContext;
  readonly documents: Documents;
  readonly broadcast: Broadcast;
  readonly log: Logger;
  /** Whether a browser that asks gets the page to try queries on. */
  readonly graphiql: boolean;
}

export type Yoga = YogaServerInstance<Record<string, unknown>, ApiContext>;

export function createGraphQL(options: GraphQLOptions): Yoga {
  const { context, documents, broadcast, log, graphiql } = options;
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
    // Documents and subscriptions are those of every transport.
    parserAndValidationCache: false,
    plugins: [
      {
        onParse: ({ setParseFn }: Hooks) => setParseFn(documents.parse),
        onValidate: ({ setValidationFn }: Hooks) =>
          setValidationFn((_schema, document) => documents.validate(document)),
        onSubscribe: ({ setSubscribeFn }: Hooks) =>
          setSubscribeFn((args) => broadcast.results(args)),
      },
    ],
    maskedErrors: { maskError: hideOurs },
    landingPage: false,
    multipart: false,
    maxRequestBodySize: MAX_MESSAGE_BYTES,
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
