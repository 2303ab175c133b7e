// GraphQL over WebSocket: the graphql-transport-ws protocol, kept by the graphql-ws library. Only the
// events themselves go past it, straight to the outbox of the socket, since they are the same for many.

import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
} from 'graphql';
import {
  CloseCode,
  handleProtocols,
  MessageType,
  makeServer,
  type SubscribePayload,
  stringifyMessage,
} from 'graphql-ws';
import type { WebSocket } from 'ws';
import { isRecord, parseJson } from '../../base/json.ts';
import { UserError } from '../../base/user-error.ts';
import type { Multiplexer } from '../../stream/multiplexer.ts';
import type { Telemetry } from '../../stream/telemetry.ts';
import { type Auth, bearerOf, type Client, EXPIRED, type Pass, UNLIMITED } from '../access/auth.ts';
import { closeReason } from '../socket/close-reason.ts';
import type { Outbox } from '../socket/outbox.ts';
import type { SocketRoute } from '../socket/upgrade.ts';
import type { Broadcast } from './broadcast.ts';
import { type ApiContext, payFor } from './builder.ts';
import type { Documents } from './documents.ts';
import { toGraphQLError } from './masked-errors.ts';
import { schema } from './schema.ts';
import { type Mask, maskErrors } from './selection.ts';
import { SocketSubscription } from './socket-subscription.ts';

/** Which of the subprotocols that a client offers is spoken; false for none of them. */
export const chooseGraphQLProtocol = handleProtocols;

export interface GraphQLSocketOptions {
  readonly documents: Documents;
  readonly broadcast: Broadcast;
  readonly context: ApiContext;
  readonly mask: Mask;
  readonly auth: Auth;
  /** How long a client may take to say `connection_init`, in milliseconds. */
  readonly initTimeout: number;
  /** Operations that may run on one socket. */
  readonly maxOperations: number;
  /** Whether the server is going away, and begins nothing any more. */
  readonly isStopping: () => boolean;
  readonly telemetry: Telemetry;
}

/** A socket, and who is at its other end. */
interface Visit extends Client {
  readonly socket: WebSocket;
  readonly outbox: Outbox;
  /** The token that came with the handshake. */
  readonly token: string | undefined;
  /** What the client's token is worth. */
  pass: Pass;
}

/** How a socket is closed that sends too much; graphql-ws does so for too many `connection_init`. */
export const FLOODED = CloseCode.TooManyInitialisationRequests;

/** An operation's id comes back with every event. Usual ones have 36 characters. */
const MAX_ID_LENGTH = 128;

/** Whose operation it is; goes along as the root value, which no resolver of ours reads. */
interface Asker {
  readonly id: string;
  readonly visit: Visit;
}

/** Returns what takes over a socket whose handshake is done. */
export function createGraphQLSocket(options: GraphQLSocketOptions): SocketRoute['serve'] {
  const { broadcast, context, mask, auth, isStopping, initTimeout, telemetry } = options;
  const log = telemetry.log('GraphQL socket');
  const protocol = makeServer<Record<string, unknown>, Visit>({
    connectionInitWaitTimeout: initTimeout,
    ...(auth.isRequired && {
      onConnect: ({ connectionParams, extra: visit }) => admit(auth, connectionParams, visit),
    }),
    onSubscribe({ subscriptions, extra: visit }, id, payload) {
      // What waits for an answer then is asked again elsewhere, as soon as the socket is closed.
      if (isStopping()) return new Promise<never>(() => {});
      // This one is among them.
      const excess = checkRoom(options, id, Object.keys(subscriptions).length - 1);
      return excess ? [excess] : prepare(options, payload, { id, visit });
    },
    execute: async (args) => {
      const { work } = (args.rootValue as Asker).visit;
      const result = await execute({ ...args, contextValue: payFor(context, work) });
      return work.chargeAnswer(maskErrors(result, mask));
    },
    subscribe: (args) => subscribe(broadcast, context.multiplexer, args, args.rootValue as Asker),
  });

  return (socket, outbox, { headers }, client) => {
    const visit = { ...client, socket, outbox, token: bearerOf(headers.authorization) };
    function fail(error: unknown): void {
      log.error('a GraphQL socket failed', error);
      close(CloseCode.InternalServerError, 'Internal server error');
    }
    function close(code: number, reason: string): void {
      if (code === CloseCode.ConnectionInitialisationTimeout) telemetry.rejected('init', reason);
      closeAfterAll(visit, code, reason);
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
        onMessage: (handle) =>
          socket.on('message', (data) => {
            // A client that was told to leave is heard no more, however long its close takes.
            if (socket.readyState !== socket.OPEN) return;
            const message = String(data);
            if (isServersOwn(message)) close(CloseCode.BadRequest, 'Invalid message received');
            else handle(message).catch(fail);
          }),
      },
      visit,
    );
    socket.on('close', (code, reason) => {
      closed(code, String(reason)).catch(fail);
    });
  };
}

/** Closes a socket once what it was sent before has left. */
function closeAfterAll({ socket, outbox }: Visit, code: number, reason: string): void {
  outbox.finish();
  socket.close(code, closeReason(reason));
}

const HOW = 'in connection_init: {"authorization": "Bearer <token>"}';

/** Whether a socket may go on. Who may not is told why, with the code that the protocol has for it. */
async function admit(auth: Auth, params: object | undefined, visit: Visit): Promise<boolean> {
  const pass = await auth.check(tokenOf(params) ?? visit.token, HOW);
  const { socket } = visit;
  if (pass instanceof UserError) closeAfterAll(visit, CloseCode.Forbidden, pass.message);
  if (pass instanceof UserError || socket.readyState !== socket.OPEN) return false;
  visit.pass = pass;
  const unwatch = pass.onExpiry(() => {
    // Its operations are told first, which takes them the rest of this turn.
    setImmediate(closeAfterAll, visit, CloseCode.Forbidden, EXPIRED.message);
  });
  socket.on('close', unwatch);
  return true;
}

/** People write `authorization` and `Authorization`, with `Bearer` and without. */
function tokenOf(params: object = {}): string | undefined {
  const named = Object.entries(params).find(([key]) => key.toLowerCase() === 'authorization');
  const value = named?.[1];
  if (typeof value !== 'string') return undefined;
  return bearerOf(value) ?? (/^\S+$/.test(value) ? value : undefined);
}

/** What only a server sends: from a client, the library would take it for a bug of ours. */
const SERVERS_OWN: readonly unknown[] = [
  MessageType.ConnectionAck,
  MessageType.Next,
  MessageType.Error,
];

function isServersOwn(message: string): boolean {
  const parsed = parseJson(message);
  return isRecord(parsed) && SERVERS_OWN.includes(parsed.type);
}

/** The answer to a ping; undefined if the payload that it echoes takes more stack than there is. */
function writePong(payload: Record<string, unknown> | undefined): string | undefined {
  try {
    return stringifyMessage({ type: MessageType.Pong, ...(payload && { payload }) });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return undefined;
  }
}

/** Says why an operation may not begin beside those that run, if it may not. */
function checkRoom(
  { maxOperations, telemetry }: GraphQLSocketOptions,
  id: string,
  running: number,
): GraphQLError | undefined {
  if (running < maxOperations && id.length <= MAX_ID_LENGTH) return undefined;
  const reason =
    running < maxOperations
      ? `An id has at most ${MAX_ID_LENGTH} characters; choose a shorter one.`
      : `A socket runs at most ${maxOperations} operations at once; end one, or open another socket.`;
  telemetry.rejected('subscriptions', reason);
  return toGraphQLError(new UserError('LIMIT_REACHED', reason));
}

/**
 * Reads an operation. What is wrong with it goes back as its own `error` message: thrown, it would
 * close the socket and end every other operation on it.
 */
function prepare(
  { documents, context }: GraphQLSocketOptions,
  { query, operationName, variables }: SubscribePayload,
  asker: Asker,
): ExecutionArgs | readonly GraphQLError[] {
  let document: DocumentNode;
  try {
    document = documents.parse(query, asker.visit.work);
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
  const errors = documents.validate(document);
  if (errors.length > 0) return errors;
  return {
    schema,
    document,
    operationName,
    variableValues: variables,
    contextValue: context,
    rootValue: asker,
  };
}

/** Opens a subscription, whose events then go to the outbox, or says what is wrong. */
async function subscribe(
  broadcast: Broadcast,
  multiplexer: Multiplexer,
  args: ExecutionArgs,
  { id, visit: { outbox, pass, work } }: Asker,
): Promise<SocketSubscription | ExecutionResult> {
  const opened = await broadcast.open(args, work);
  if (!('selection' in opened)) return opened;
  const subscription = new SocketSubscription(id, opened, outbox, multiplexer);
  // Most have no token that expires, and need not pay for watching one.
  if (pass !== UNLIMITED) subscription.watch(pass);
  return subscription;
}
