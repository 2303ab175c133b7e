// GraphQL over WebSocket: the graphql-transport-ws protocol, by the graphql-ws library. Events bypass the library: they
// go straight to the outbox of the socket, since many listeners get the same bytes.

import { type DocumentNode, type ExecutionArgs, execute, GraphQLError } from 'graphql';
import {
  CloseCode,
  MessageType,
  makeServer,
  type SubscribePayload,
  stringifyMessage,
} from 'graphql-ws';
import type { WebSocket } from 'ws';
import { UserError } from '../../base/user-error.ts';
import { type Auth, bearerOf, type Client, EXPIRED, type Pass } from '../access/auth.ts';
import type { Shared } from '../shared.ts';
import { closeAfterAll } from '../socket/close.ts';
import type { Outbox } from '../socket/outbox.ts';
import type { SocketRoute } from '../socket/upgrade.ts';
import { payFor } from './builder.ts';
import { toGraphQLError } from './masked-errors.ts';
import type { Operations } from './operations.ts';
import { maskErrors } from './selection.ts';
import { SocketSubscription } from './socket-subscription.ts';
import { chooseProtocol, rejectsProtocol } from './subprotocol.ts';
import { GRAPHQL_PATH } from './yoga.ts';

/** A socket and the client at its other end. */
interface SocketClient extends Client {
  readonly socket: WebSocket;
  readonly outbox: Outbox;
  /** The token that came with the handshake. */
  readonly token: string | undefined;
  /** Replaced once `connection_init` has brought a token. */
  pass: Pass;
}

/** Every event repeats its operation's id. Usual ids have 36 characters. */
const MAX_ID_LENGTH = 128;

/** What a client should do instead, by the reasons that graphql-ws gives. Both fit into a close frame. */
const HINTS: Readonly<Record<string, string>> = {
  'Invalid message received':
    'send connection_init, subscribe, complete, ping or pong, as the package graphql-ws does',
  'Connection initialisation timeout': 'send {"type":"connection_init"} at once',
  Unauthorized: 'send {"type":"connection_init"} first, and wait for connection_ack',
};

/** An operation of a client. `id` is the client's name for it. */
interface Operation {
  readonly id: string;
  readonly client: SocketClient;
}

export function createGraphQLSocket(shared: Shared, operations: Operations): SocketRoute {
  const { telemetry, auth, isStopping, limits } = shared;
  const { broadcast, context, feeding, mask } = operations;
  const log = telemetry.log('GraphQL socket');

  const protocol = makeServer<Record<string, unknown>, SocketClient>({
    connectionInitWaitTimeout: limits.initTimeout * 1000,
    ...(auth.isRequired && {
      onConnect: ({ connectionParams, extra: client }) => admit(auth, connectionParams, client),
    }),
    onSubscribe({ subscriptions, extra: client }, id, payload) {
      // The client repeats the operation elsewhere as soon as this socket closes.
      if (isStopping()) return new Promise<never>(() => {});
      // This operation is among them.
      const excess = checkRoom(shared, id, Object.keys(subscriptions).length - 1);
      if (excess) return [excess];
      return prepare(operations, payload, client);
    },
    context: ({ extra: client }, id): Operation => ({ id, client }),
    execute: async (args) => {
      const { work } = (args.contextValue as Operation).client;
      const result = await execute({ ...args, contextValue: payFor(context, work) });
      return work.chargeAnswer(maskErrors(result, mask));
    },
    async subscribe(args) {
      const { id, client } = args.contextValue as Operation;
      const opened = await broadcast.open(args, client.work);
      if (!('selection' in opened)) return opened;
      const subscription = new SocketSubscription(id, opened, client.outbox);
      subscription.listen(opened, feeding, client.pass);
      return subscription;
    },
  });

  const serve: SocketRoute['serve'] = (socket, outbox, { headers }, admitted) => {
    if (rejectsProtocol(socket, outbox)) return undefined;
    let handle: (text: string) => Promise<void> = async () => {};
    const client = { ...admitted, socket, outbox, token: bearerOf(headers.authorization) };
    function fail(error: unknown): void {
      if (error instanceof Error && SERVERS_OWN.test(error.message)) {
        close(CloseCode.BadRequest, 'Invalid message received');
        return;
      }
      log.error('a GraphQL socket failed', error);
      close(CloseCode.InternalServerError, 'Internal server error');
    }
    function close(code: number, reason: string): void {
      if (code === CloseCode.ConnectionInitialisationTimeout) telemetry.rejected('init', reason);
      const hint = HINTS[reason];
      closeAfterAll(socket, outbox, code, hint === undefined ? reason : `${reason}: ${hint}`);
    }
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: async (message) => outbox.send(message),
        close,
        async onPing(payload) {
          const pong = writePong(payload);
          if (pong === undefined) close(CloseCode.BadRequest, 'Nested too deeply');
          else outbox.send(pong);
        },
        onMessage: (listener) => {
          handle = listener;
        },
      },
      client,
    );
    return {
      message: (text) => void handle(text).catch(fail),
      closed: () => void closed(0, '').catch(fail),
    };
  };

  return {
    path: GRAPHQL_PATH,
    chooseProtocol,
    // graphql-ws uses it for too many `connection_init`.
    floodCode: CloseCode.TooManyInitialisationRequests,
    serve,
  };
}

const HOW = 'in connection_init: {"authorization": "Bearer <token>"}';

/** Whether the client's token is valid; if not, closes the socket with the reason and the protocol's code. */
async function admit(
  auth: Auth,
  params: object | undefined,
  client: SocketClient,
): Promise<boolean> {
  const pass = await auth.check(tokenOf(params) ?? client.token, HOW);
  const { socket, outbox } = client;
  if (pass instanceof UserError) closeAfterAll(socket, outbox, CloseCode.Forbidden, pass.message);
  if (pass instanceof UserError || socket.readyState !== socket.OPEN) return false;
  client.pass = pass;
  const unwatch = pass.onExpiry(() => {
    // First its operations end with an error, which takes the rest of this tick.
    setImmediate(closeAfterAll, socket, outbox, CloseCode.Forbidden, EXPIRED.message);
  });
  socket.on('close', unwatch);
  return true;
}

/** Clients send `authorization` and `Authorization`, with `Bearer` and without. */
function tokenOf(params: object = {}): string | undefined {
  const named = Object.entries(params).find(([key]) => key.toLowerCase() === 'authorization');
  const value = named?.[1];
  if (typeof value !== 'string') return undefined;
  return bearerOf(value) ?? (/^\S+$/.test(value) ? value : undefined);
}

/** The error of graphql-ws for a message that only servers send. From a client, it is no bug of the server. */
const SERVERS_OWN = /^Unexpected message of type /;

/** The answer to a ping; undefined if its payload is nested too deeply to be written. */
function writePong(payload: Record<string, unknown> | undefined): string | undefined {
  try {
    return stringifyMessage({ type: MessageType.Pong, ...(payload && { payload }) });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return undefined;
  }
}

/** Why an operation may not begin beside those that run, or undefined if it may. */
function checkRoom(
  { limits: { maxSubscriptions: most }, telemetry }: Shared,
  id: string,
  running: number,
): GraphQLError | undefined {
  if (running < most && id.length <= MAX_ID_LENGTH) return undefined;
  const reason =
    running < most
      ? `An id may have at most ${MAX_ID_LENGTH} characters; choose a shorter one.`
      : `A socket may run at most ${most} operations at once; end one, or open another socket.`;
  telemetry.rejected('subscriptions', reason);
  return toGraphQLError(new UserError('LIMIT_REACHED', reason));
}

/**
 * Reads an operation. Its errors go back as its own `error` message: thrown, they would close the socket and end every
 * other operation on it.
 */
function prepare(
  { schema, documents }: Operations,
  payload: SubscribePayload,
  { work }: SocketClient,
): ExecutionArgs | readonly GraphQLError[] {
  let document: DocumentNode;
  try {
    document = documents.parse(documents.textOf(payload, work) ?? payload.query, work);
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
  const errors = documents.validate(document);
  if (errors.length > 0) return errors;
  const { operationName, variables } = payload;
  return { schema, document, operationName, variableValues: variables };
}
