// GraphQL over HTTP: POST and SSE.

import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
} from 'graphql';
import {
  createYoga,
  type FetchAPI,
  processRegularResult,
  type YogaServerInstance,
} from 'graphql-yoga';
import type { BoundedLog } from '../../stream/telemetry.ts';
import type { Client } from '../access/auth.ts';
import { admits, EVENT_STREAM } from './accept.ts';
import type { Broadcast, Connection } from './broadcast.ts';
import { type ApiContext, payFor } from './builder.ts';
import type { Documents } from './documents.ts';
import { hideOurs } from './masked-errors.ts';
import { schema } from './schema.ts';

export const GRAPHQL_PATH = '/graphql';

/** What Yoga lets a plugin replace, as far as it is used here. */
interface Hooks {
  readonly context: unknown;
  readonly executeFn: (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;
  setExecuteFn(execute: (args: ExecutionArgs) => Promise<ExecutionResult>): void;
  setParseFn(parse: (text: string) => DocumentNode): void;
  setValidationFn(
    validate: (schema: GraphQLSchema, document: DocumentNode) => readonly GraphQLError[],
  ): void;
  setSubscribeFn(subscribe: (args: ExecutionArgs) => unknown): void;
  /** What turns a result into a response; none where `Accept` takes no type that there is. */
  readonly resultProcessor: unknown;
  setResultProcessor(process: (result: unknown, api: FetchAPI) => Response, type: string): void;
}

const TO_STREAM =
  'send the header "Accept: text/event-stream", or open a WebSocket with the subprotocol graphql-transport-ws';
const NO_STREAM = `A subscription is answered with a stream of events; ${TO_STREAM}.`;
const NO_ANSWER = `Answers are JSON; send the header "Accept: application/json". For a subscription ${TO_STREAM}.`;
const JSON_TYPE = 'application/json';

export interface GraphQLOptions {
  readonly context: ApiContext;
  readonly documents: Documents;
  readonly broadcast: Broadcast;
  readonly log: BoundedLog;
  /** Of the body of a request. */
  readonly maxBytes: number;
}

/** What is known of who asks. */
export interface HttpClient extends Client {
  /** Ends every subscription of the request. */
  readonly connection: Connection;
  /** The header of the request. */
  readonly accept: string | undefined;
}

export type Yoga = YogaServerInstance<HttpClient & Record<string, unknown>, ApiContext>;

export function createGraphQL(options: GraphQLOptions): Yoga {
  const { context, documents, broadcast, log, maxBytes } = options;
  return createYoga<HttpClient & Record<string, unknown>, ApiContext>({
    schema,
    context: ({ work }) => payFor(context, work),
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
        onParse: ({ context, setParseFn }: Hooks) =>
          setParseFn((text) => documents.parse(text, (context as Client).work)),
        onValidate: ({ setValidationFn }: Hooks) =>
          setValidationFn((_schema, document) => documents.validate(document)),
        onExecute: ({ executeFn, setExecuteFn }: Hooks) =>
          setExecuteFn(async (args) =>
            (args.contextValue as Client).work.chargeAnswer(await executeFn(args)),
          ),
        onSubscribe: ({ setSubscribeFn }: Hooks) =>
          setSubscribeFn((args) => {
            const client = args.contextValue as HttpClient;
            // Yoga would subscribe first, and then find no way to answer.
            if (!admits(client.accept, EVENT_STREAM)) return notAcceptable(NO_STREAM);
            return broadcast.results(args, client.connection, client);
          }),
        onResultProcess({ resultProcessor, setResultProcessor }: Hooks) {
          if (resultProcessor) return;
          const answer = notAcceptable(NO_ANSWER);
          setResultProcessor((_, api) => processRegularResult(answer, api, JSON_TYPE), JSON_TYPE);
        },
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

/** The status is for Yoga, which does not send it in the body. */
function notAcceptable(message: string) {
  const extensions = { code: 'NOT_ACCEPTABLE', http: { status: 406 } };
  return { errors: [new GraphQLError(message, { extensions })] };
}

function printable(args: readonly unknown[]): string {
  return args
    .map((arg) => (arg instanceof Error ? (arg.stack ?? arg.message) : String(arg)))
    .join(' ');
}
