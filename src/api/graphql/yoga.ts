// GraphQL over HTTP: POST, SSE, and GraphiQL for a browser.

import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { DocumentNode, ExecutionArgs, GraphQLError, GraphQLSchema } from 'graphql';
import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Auth, Pass } from '../auth.ts';
import type { Broadcast } from './broadcast.ts';
import type { ApiContext } from './builder.ts';
import type { Documents } from './documents.ts';
import { hideOurs } from './errors.ts';
import { GRAPHIQL_TABS, withToken } from './graphiql.ts';
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
  readonly auth: Auth;
  readonly log: Logger;
  /** Whether a browser that asks gets the page to try queries on. */
  readonly graphiql: boolean;
  /** Of the body of a request. */
  readonly maxBytes: number;
}

/** What is known of who asks. */
export interface Visitor {
  readonly pass: Pass;
}

export type Yoga = YogaServerInstance<Visitor & Record<string, unknown>, ApiContext>;

export function createGraphQL(options: GraphQLOptions): Yoga {
  const { context, documents, broadcast, auth, log, graphiql, maxBytes } = options;
  return createYoga<Visitor & Record<string, unknown>, ApiContext>({
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
          setSubscribeFn((args) => broadcast.results(args, (args.contextValue as Visitor).pass)),
      },
    ],
    maskedErrors: { maskError: hideOurs },
    landingPage: false,
    multipart: false,
    maxRequestBodySize: maxBytes,
    // Origins and tokens are looked at before a request comes here.
    cors: false,
    renderGraphiQL,
    graphiql: graphiql && {
      title: 'Senti',
      favicon: 'data:,',
      // Over a WebSocket it has no way to send the token that stands in its headers.
      subscriptionsProtocol: auth.isAsked ? 'SSE' : 'WS',
      defaultTabs: auth.isAsked ? withToken(GRAPHIQL_TABS) : GRAPHIQL_TABS,
      shouldPersistHeaders: false,
    },
  });
}

function printable(args: readonly unknown[]): string {
  return args
    .map((arg) => (arg instanceof Error ? (arg.stack ?? arg.message) : String(arg)))
    .join(' ');
}
