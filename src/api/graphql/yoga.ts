// GraphQL over HTTP: POST and SSE.

import type { DocumentNode, ExecutionArgs, GraphQLError, GraphQLSchema } from 'graphql';
import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Pass } from '../auth.ts';
import type { Broadcast } from './broadcast.ts';
import type { ApiContext } from './builder.ts';
import type { Documents } from './documents.ts';
import { hideOurs } from './errors.ts';
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
  /** Of the body of a request. */
  readonly maxBytes: number;
}

/** What is known of who asks. */
export interface Visitor {
  readonly pass: Pass;
}

export type Yoga = YogaServerInstance<Visitor & Record<string, unknown>, ApiContext>;

export function createGraphQL(options: GraphQLOptions): Yoga {
  const { context, documents, broadcast, log, maxBytes } = options;
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
    graphiql: false,
  });
}

function printable(args: readonly unknown[]): string {
  return args
    .map((arg) => (arg instanceof Error ? (arg.stack ?? arg.message) : String(arg)))
    .join(' ');
}
