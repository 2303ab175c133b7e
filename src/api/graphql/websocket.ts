// GraphQL over WebSocket: the graphql-transport-ws protocol, kept by the graphql-ws library.

import { type ExecutionArgs, GraphQLError } from 'graphql';
import { CloseCode, handleProtocols, makeServer, type SubscribePayload } from 'graphql-ws';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { Yoga } from './yoga.ts';

/** Which of the subprotocols that a client offers is spoken; false for none of them. */
export const chooseGraphQLProtocol = handleProtocols;

/** Returns what takes over a socket whose handshake is done. */
export function createGraphQLSocket(yoga: Yoga, log: Logger): (socket: WebSocket) => void {
  const protocol = makeServer({
    onSubscribe: (_context, _id, payload) => prepare(yoga, payload),
    // Both come from Yoga with the operation, so that its masking of errors holds here too.
    execute: (args) => (args.rootValue as Operators).execute(args),
    subscribe: (args) => (args.rootValue as Operators).subscribe(args),
  });

  return (socket) => {
    function fail(error: unknown): void {
      log.error({ err: error }, 'a GraphQL socket failed');
      socket.close(CloseCode.InternalServerError, 'Internal server error');
    }
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (message) => send(socket, message),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) =>
          socket.on('message', (message) => {
            handle(String(message)).catch(fail);
          }),
      },
      {},
    );
    socket.once('close', (code, reason) => {
      closed(code, String(reason)).catch(fail);
    });
  };
}

type Operators = ReturnType<Yoga['getEnveloped']>;

/**
 * Reads an operation. What is wrong with it goes back as its own `error` message: thrown, it would
 * close the socket and end every other operation on it.
 */
async function prepare(
  yoga: Yoga,
  { query, operationName, variables }: SubscribePayload,
): Promise<ExecutionArgs | readonly GraphQLError[]> {
  const { schema, parse, validate, contextFactory, execute, subscribe } = yoga.getEnveloped({
    params: { query, operationName, variables },
  });
  let document: ExecutionArgs['document'];
  try {
    document = parse(query);
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
  const errors = validate(schema, document);
  if (errors.length > 0) return errors as readonly GraphQLError[];
  return {
    schema,
    document,
    operationName,
    variableValues: variables,
    contextValue: await contextFactory(),
    rootValue: { execute, subscribe },
  };
}

/** Resolves when the kernel has taken the message, or the socket is gone. */
function send(socket: WebSocket, message: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) resolve();
    else socket.send(message, () => resolve());
  });
}
