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
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { Multiplexer } from '../../stream/multiplexer.ts';
import { closeReason } from '../close-reason.ts';
import type { Outbox } from '../outbox.ts';
import type { Broadcast } from './broadcast.ts';
import type { ApiContext } from './builder.ts';
import type { Documents } from './documents.ts';
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
  readonly log: Logger;
}

/** Whose operation it is; goes along as the root value, which no resolver of ours reads. */
interface Asker {
  readonly id: string;
  readonly outbox: Outbox;
}

/** Returns what takes over a socket whose handshake is done. */
export function createGraphQLSocket(
  options: GraphQLSocketOptions,
): (socket: WebSocket, outbox: Outbox) => void {
  const { broadcast, context, mask, log } = options;
  const protocol = makeServer<Record<string, unknown>, { readonly outbox: Outbox }>({
    onSubscribe: ({ extra: { outbox } }, id, payload) => prepare(options, payload, { id, outbox }),
    execute: async (args) => maskErrors(await execute(args), mask),
    subscribe: (args) => subscribe(broadcast, context.multiplexer, args, args.rootValue as Asker),
  });

  return (socket, outbox) => {
    function fail(error: unknown): void {
      log.error({ err: error }, 'a GraphQL socket failed');
      close(CloseCode.InternalServerError, 'Internal server error');
    }
    function close(code: number, reason: string): void {
      outbox.flush();
      socket.close(code, closeReason(reason));
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
            // Who was told goodbye is not listened to any more, however long it takes to leave.
            if (socket.readyState !== socket.OPEN) return;
            const message = String(data);
            if (isServersOwn(message)) close(CloseCode.BadRequest, 'Invalid message received');
            else handle(message).catch(fail);
          }),
      },
      { outbox },
    );
    socket.on('close', (code, reason) => {
      closed(code, String(reason)).catch(fail);
    });
  };
}

/** What only a server sends: from a client, the library would take it for a bug of ours. */
const SERVERS_OWN: readonly unknown[] = [
  MessageType.ConnectionAck,
  MessageType.Next,
  MessageType.Error,
];

function isServersOwn(message: string): boolean {
  try {
    return SERVERS_OWN.includes(JSON.parse(message)?.type);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return false;
  }
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
    document = documents.parse(query);
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
  { id, outbox }: Asker,
): Promise<SocketSubscription | ExecutionResult> {
  const opened = await broadcast.open(args);
  if (!('selection' in opened)) return opened;
  return new SocketSubscription(id, opened, outbox, multiplexer);
}
