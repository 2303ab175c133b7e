// GraphQL over WebSocket: the graphql-transport-ws protocol, by the graphql-ws library. Events bypass the library: they
// go straight to the outbox of the socket, since many listeners get the same bytes.

import {
  type DocumentNode,
  type ExecutionArgs,
  execute,
  GraphQLError,
  getOperationAST,
} from 'graphql';
import { CloseCode, makeServer, type SubscribePayload } from 'graphql-ws';
import { UserError } from '../../base/user-error.ts';
import { type Auth, bearerOf, EXPIRED } from '../access/auth.ts';
import type { Shared } from '../shared.ts';
import { closeAfterAll } from '../socket/close.ts';
import type { SocketRoute } from '../socket/upgrade.ts';
import { payFor } from './builder.ts';
import { GraphQLConversation } from './graphql-conversation.ts';
import { toGraphQLError, unresolved } from './masked-errors.ts';
import type { Operations } from './operations.ts';
import { maskErrors } from './selection.ts';
import { SocketSubscription } from './socket-subscription.ts';
import { chooseProtocol, rejectsProtocol } from './subprotocol.ts';
import { GRAPHQL_PATH } from './yoga.ts';

/** Every event repeats its operation's id. Usual ids have 36 characters. */
const MAX_ID_LENGTH = 128;

/** An operation of a client. `id` is the client's name for it. */
interface Operation {
  readonly id: string;
  readonly client: GraphQLConversation;
}

export function createGraphQLSocket(shared: Shared, operations: Operations): SocketRoute {
  const { clock, telemetry, auth, isStopping, limits } = shared;
  const { broadcast, context, feeding, mask } = operations;
  const log = telemetry.log('GraphQL socket');

  const protocol = makeServer<Record<string, unknown>, GraphQLConversation>({
    connectionInitWaitTimeout: limits.initTimeout * 1000,
    async onConnect({ connectionParams, extra: client }) {
      if (auth.isRequired && !(await admit(auth, connectionParams, client))) return false;
      // The payload of connection_ack.
      return { time: new Date(clock.now()).toISOString() };
    },
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

  const surroundings = { protocol, telemetry, log };
  return {
    path: GRAPHQL_PATH,
    chooseProtocol,
    // graphql-ws uses it for too many `connection_init`.
    floodCode: CloseCode.TooManyInitialisationRequests,
    serve: (socket, outbox, request, client) =>
      rejectsProtocol(socket, outbox)
        ? undefined
        : new GraphQLConversation(surroundings, socket, outbox, request, client),
  };
}

const HOW = 'in connection_init: {"authorization": "Bearer <token>"}';

/** Whether the client's token is valid; if not, closes the socket with the reason and the protocol's code. */
async function admit(
  auth: Auth,
  params: object | undefined,
  client: GraphQLConversation,
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
  { work }: GraphQLConversation,
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
  const { variables } = payload;
  // An empty name is none, as over HTTP.
  const operationName = payload.operationName || undefined;
  if (!getOperationAST(document, operationName)) return [unresolved()];
  return { schema, document, operationName, variableValues: variables };
}
