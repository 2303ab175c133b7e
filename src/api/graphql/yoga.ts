// GraphQL over HTTP, by graphql-yoga. A subscription bypasses Yoga once it is open: its events go to the outbox of its
// response, like those of a WebSocket.

import type { IncomingMessage, ServerResponse } from 'node:http';
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
import type { Shared } from '../shared.ts';
import { admits, EVENT_STREAM } from './accept.ts';
import type { Opened } from './broadcast.ts';
import { type ApiContext, payFor } from './builder.ts';
import type { EventStreams } from './event-streams.ts';
import { maskBug } from './masked-errors.ts';
import type { Operations } from './operations.ts';
import { schema } from './schema.ts';

export const GRAPHQL_PATH = '/graphql';

/** What Yoga lets a plugin replace, as far as this file uses it. */
interface Hooks {
  readonly context: unknown;
  readonly executeFn: (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;
  setExecuteFn(execute: (args: ExecutionArgs) => Promise<ExecutionResult>): void;
  setParseFn(parse: (text: string) => DocumentNode): void;
  setValidationFn(
    validate: (schema: GraphQLSchema, document: DocumentNode) => readonly GraphQLError[],
  ): void;
  setSubscribeFn(subscribe: (args: ExecutionArgs) => unknown): void;
  readonly result: unknown;
  /** Turns a result into a response; undefined where `Accept` takes no type that Yoga has. */
  readonly resultProcessor: unknown;
  setResultProcessor(process: (result: unknown, api: FetchAPI) => Response, type: string): void;
}

const TO_STREAM =
  'send the header "Accept: text/event-stream", or open a WebSocket with the subprotocol graphql-transport-ws';
const NO_STREAM = `A subscription is answered with a stream of events; ${TO_STREAM}.`;
const NO_ANSWER = `Answers are JSON; send the header "Accept: application/json". For a subscription ${TO_STREAM}.`;
const JSON_TYPE = 'application/json';

/** Placeholders for Yoga when it does not serve the subscription: its result, and a response that is never sent. */
const OPENED = {};
const UNSENT = new Response(null);

/** The client and its request. */
interface RequestContext extends Client {
  /** The header of the request. */
  readonly accept: string | undefined;
  /** Called with the subscription that the request has opened, if it has. */
  readonly opened: (opened: Opened) => void;
}

export interface GraphQLHandler {
  handle(request: IncomingMessage, response: ServerResponse, client: Client): Promise<void>;
  dispose(): PromiseLike<void> | void;
}

export function createGraphQLHandler(
  { telemetry, limits }: Shared,
  operations: Operations,
  streams: EventStreams,
): GraphQLHandler {
  const log = telemetry.log('GraphQL');
  const yoga = createYogaServer(operations, log, limits.maxMessageBytes);
  return {
    async handle(request, response, client) {
      let opened: Opened | undefined;
      const { accept } = request.headers;
      const context = {
        ...client,
        accept,
        opened: (subscription: Opened) => (opened = subscription),
      };
      try {
        const answer = await yoga.handleNodeRequestAndResponse(request, response, context);
        if (opened === undefined) await send(response, answer);
        else streams.serve(opened, response, client);
      } catch (error) {
        opened?.release();
        // Yoga fails when the client leaves in the middle of its request.
        log[response.destroyed ? 'debug' : 'error']('a request failed', error);
        response.destroy();
      }
    },
    dispose: () => yoga.dispose(),
  };
}

/** Sends an answer that has an end. */
async function send(response: ServerResponse, answer: Response): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer());
  if (response.destroyed) return;
  response.setHeaders(answer.headers);
  // Yoga names it for a part of a multipart answer, which is sent whole here.
  response.removeHeader('transfer-encoding');
  response.writeHead(answer.status, { 'content-length': body.length }).end(body);
}

type Yoga = YogaServerInstance<RequestContext & Record<string, unknown>, ApiContext>;

function createYogaServer(
  { context, documents, broadcast }: Operations,
  log: BoundedLog,
  maxBytes: number,
): Yoga {
  return createYoga<RequestContext & Record<string, unknown>, ApiContext>({
    schema,
    context: ({ work }) => payFor(context, work),
    graphqlEndpoint: GRAPHQL_PATH,
    logging: {
      debug: (...args) => log.debug(printable(args)),
      info: (...args) => log.info(printable(args)),
      warn: (...args) => log.warn(printable(args)),
      error: (...args) => log.error(printable(args)),
    },
    // All transports share documents and subscriptions.
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
          setSubscribeFn(async (args) => {
            const { accept, opened, work } = args.contextValue as RequestContext;
            // Yoga would subscribe first, and then find no way to answer.
            if (!admits(accept, EVENT_STREAM)) return notAcceptable(NO_STREAM);
            const result = await broadcast.open(args, work);
            if (!('selection' in result)) return result;
            opened(result);
            return OPENED;
          }),
        onResultProcess({ result, resultProcessor, setResultProcessor }: Hooks) {
          if (result === OPENED) return setResultProcessor(() => UNSENT, EVENT_STREAM);
          if (resultProcessor) return;
          const answer = notAcceptable(NO_ANSWER);
          setResultProcessor((_, api) => processRegularResult(answer, api, JSON_TYPE), JSON_TYPE);
        },
      },
    ],
    maskedErrors: { maskError: maskBug },
    landingPage: false,
    multipart: false,
    maxRequestBodySize: maxBytes,
    // The HTTP guard has checked origin and token.
    cors: false,
    graphiql: false,
  });
}

/** Yoga reads the status and leaves it out of the body. */
function notAcceptable(message: string) {
  const extensions = { code: 'NOT_ACCEPTABLE', http: { status: 406 } };
  return { errors: [new GraphQLError(message, { extensions })] };
}

function printable(args: readonly unknown[]): string {
  return args
    .map((arg) => (arg instanceof Error ? (arg.stack ?? arg.message) : String(arg)))
    .join(' ');
}
