// GraphQL over HTTP, by graphql-yoga. A subscription bypasses Yoga once it is open: its events go to the outbox of its
// response, like those of a WebSocket.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { GraphQLError } from 'graphql';
import { createYoga, getSSEProcessor, type Plugin, processRegularResult } from 'graphql-yoga';
import { parseJson } from '../../base/json.ts';
import type { BoundedLog } from '../../stream/telemetry.ts';
import type { Client } from '../access/auth.ts';
import type { Shared } from '../shared.ts';
import {
  admits,
  EVENT_STREAM,
  JSON_TYPE,
  MULTIPART,
  RESPONSE_TYPE,
  type StreamType,
  streamOf,
} from './accept.ts';
import type { Opened } from './broadcast.ts';
import { type ApiContext, payFor } from './builder.ts';
import type { HttpStreams } from './http-streams.ts';
import { EXAMPLE, maskBug } from './masked-errors.ts';
import type { Operations } from './operations.ts';
import type { Asked } from './trusted-documents.ts';

export const GRAPHQL_PATH = '/graphql';

const TO_STREAM =
  'send the header "Accept: text/event-stream" or "Accept: multipart/mixed;subscriptionSpec=1.0", or open a WebSocket with the subprotocol graphql-transport-ws';
const NO_STREAM = `A subscription is answered with a stream of events; ${TO_STREAM}.`;
const NO_ANSWER = `Answers are JSON; send the header "Accept: application/json". For a subscription ${TO_STREAM}.`;
const NO_OPERATION = `The request names no operation; send its text as "query", such as ${EXAMPLE}.`;
const sendAsEvents = getSSEProcessor();

/** Placeholders for Yoga when it does not serve the subscription: its result, and a response that is never sent. */
const OPENED = {};
const UNSENT = new Response(null);

/** The client and its request. */
interface RequestContext extends Client {
  /** The stream that the client wants for a subscription. */
  readonly stream: StreamType | undefined;
  /** The id of the last event that a browser got before it reconnected. */
  readonly lastId: string | undefined;
  /** Called with the subscription that the request has opened, if it has. */
  readonly opened: (opened: Opened) => void;
}
type Context = RequestContext & Record<string, unknown>;

export type GraphQLHandler = ReturnType<typeof createGraphQLHandler>;

export function createGraphQLHandler(
  { telemetry, limits }: Shared,
  operations: Operations,
  streams: HttpStreams,
) {
  const log = telemetry.log('GraphQL');
  const yoga = createYogaServer(operations, log, limits.maxMessageBytes);
  return {
    async handle(
      request: IncomingMessage,
      response: ServerResponse,
      client: Client,
    ): Promise<void> {
      let opened: Opened | undefined;
      const stream = streamOf(request.headers.accept);
      const context = {
        ...client,
        stream,
        lastId: request.headers['last-event-id']?.toString(),
        opened: (subscription: Opened) => (opened = subscription),
      };
      try {
        const answer = await yoga.handleNodeRequestAndResponse(request, response, context);
        if (opened && stream) streams.serve(opened, stream, response, client);
        else await send(response, answer);
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
  // Yoga would keep the connection of a stream open even if the client wants it closed.
  answer.headers.delete('connection');
  response.setHeaders(answer.headers);
  // Yoga names it for a part of a multipart answer, which is sent whole here.
  response.removeHeader('transfer-encoding');
  response.writeHead(answer.status, { 'content-length': body.length }).end(body);
}

function createYogaServer(operations: Operations, log: BoundedLog, maxBytes: number) {
  return createYoga<Context, ApiContext>({
    schema: operations.schema,
    context: ({ work }) => payFor(operations.context, work),
    graphqlEndpoint: GRAPHQL_PATH,
    logging: {
      debug: (...args) => log.debug(printable(args)),
      info: (...args) => log.info(printable(args)),
      warn: (...args) => log.warn(printable(args)),
      error: (...args) => log.error(printable(args)),
    },
    // All transports share documents and subscriptions.
    parserAndValidationCache: false,
    plugins: [sharing(operations)],
    maskedErrors: { maskError: maskBug },
    landingPage: false,
    multipart: false,
    maxRequestBodySize: maxBytes,
    // The HTTP guard has checked origin and token.
    cors: false,
    graphiql: false,
  });
}

/** Has Yoga use what all transports share. */
function sharing({ documents, broadcast }: Operations): Plugin<Context, Context> {
  return {
    onRequestParse: ({ request, url }) => checkParameters(request, url),
    onParams({ params, request, setParams, context }) {
      // It is none over GET (GraphQL over HTTP), and so it is everywhere.
      if (params.operationName === '') params.operationName = undefined;
      const query = documents.textOf(withIds(params, request), context.work);
      if (query === undefined && !params.query) throw rejection(400, 'BAD_REQUEST', NO_OPERATION);
      if (query === undefined) return;
      const { operationName, variables, extensions } = params;
      setParams({ query, operationName, variables, extensions });
    },
    onParse: ({ context, setParseFn }) => setParseFn((text) => documents.parse(text, context.work)),
    onValidate: ({ setValidationFn }) =>
      setValidationFn((_schema, document) => documents.validate(document)),
    onExecute: ({ executeFn, setExecuteFn }) =>
      setExecuteFn(async (args) => args.contextValue.work.chargeAnswer(await executeFn(args))),
    onSubscribe: ({ setSubscribeFn }) =>
      setSubscribeFn(async (args) => {
        const { stream, lastId, opened, work }: RequestContext = args.contextValue;
        // Yoga would subscribe first, and then find no way to answer.
        if (stream === undefined) return notAcceptable(NO_STREAM);
        const result = await broadcast.open(args, work, lastId);
        if (!('selection' in result)) return result;
        opened(result);
        return OPENED;
      }),
    onResultProcess({ request, result, serverContext, resultProcessor, setResultProcessor }) {
      if (result === OPENED) return setResultProcessor(() => UNSENT, EVENT_STREAM);
      // Yoga's own parts are of another protocol. Clients of this one read JSON as well, or Server-Sent Events.
      const accept = request.headers.get('accept') ?? '';
      if (serverContext.stream === MULTIPART && !admits(accept, RESPONSE_TYPE)) {
        return admits(accept, EVENT_STREAM) && !admits(accept, JSON_TYPE)
          ? setResultProcessor(sendAsEvents, EVENT_STREAM)
          : setResultProcessor(processRegularResult, JSON_TYPE);
      }
      if (resultProcessor) return;
      const answer = notAcceptable(NO_ANSWER);
      setResultProcessor((_, api) => processRegularResult(answer, api, JSON_TYPE), JSON_TYPE);
    },
  };
}

/** Yoga leaves out the ids that are in an address. */
function withIds(params: Asked, { method, url }: Request): Asked {
  if (method !== 'GET') return params;
  const { documentId, doc_id } = Object.fromEntries(new URL(url).searchParams);
  return { ...params, documentId, doc_id };
}

/** Yoga would take unreadable JSON in the address for a bug of the server. */
function checkParameters({ method }: Request, { searchParams }: URL): void {
  if (method !== 'GET') return;
  for (const name of ['variables', 'extensions']) {
    const json = searchParams.get(name);
    if (!json || parseJson(json) !== undefined) continue;
    const message = `The parameter "${name}" is not JSON; send a JSON object, percent-encoded.`;
    throw rejection(400, 'BAD_REQUEST', message);
  }
}

function notAcceptable(message: string) {
  return { errors: [rejection(406, 'NOT_ACCEPTABLE', message)] };
}

/** Yoga reads the status and leaves it out of the body. */
function rejection(status: number, code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status } } });
}

function printable(args: readonly unknown[]): string {
  return args
    .map((arg) => (arg instanceof Error ? (arg.stack ?? arg.message) : String(arg)))
    .join(' ');
}
