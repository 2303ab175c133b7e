// GraphQL over WebSocket: the graphql-transport-ws protocol, kept by the graphql-ws library. Only the
// events themselves go past it, straight to the outbox of the socket, since they are the same for many.

import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
} from 'graphql';
import { CloseCode, handleProtocols, makeServer, type SubscribePayload } from 'graphql-ws';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { SentimentEvent } from '../../sentiment/analysis.ts';
import type { Multiplexer } from '../../stream/multiplexer.ts';
import type { Listener } from '../../stream/topic.ts';
import type { UserError } from '../../user-error.ts';
import type { EventStream, Outbox } from '../outbox.ts';
import type { Broadcast } from './broadcast.ts';
import type { ApiContext } from './builder.ts';
import type { Documents } from './documents.ts';
import { toGraphQLError } from './errors.ts';
import { schema } from './schema.ts';
import { type Mask, maskErrors, type Selection, tellDropped } from './selection.ts';

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
      socket.close(CloseCode.InternalServerError, 'Internal server error');
    }
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: async (message) => outbox.send(message),
        close(code, reason) {
          outbox.flush();
          socket.close(code, reason);
        },
        onMessage: (handle) =>
          socket.on('message', (message) => {
            handle(String(message)).catch(fail);
          }),
      },
      { outbox },
    );
    socket.once('close', (code, reason) => {
      closed(code, String(reason)).catch(fail);
    });
  };
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

type Ending = AsyncGenerator<ExecutionResult, void>;

/**
 * Has the events of a subscription sent, and returns the stream that the library wants. It yields no
 * event, only why the events ended if there is something to say, and stops them when it is returned.
 */
async function subscribe(
  broadcast: Broadcast,
  multiplexer: Multiplexer,
  args: ExecutionArgs,
  { id, outbox }: Asker,
): Promise<Ending | ExecutionResult> {
  const opened = await broadcast.open(args);
  if (!('selection' in opened)) return opened;
  const { track, selection, release } = opened;
  const ended = Promise.withResolvers<UserError | undefined>();
  const stream = new SelectionStream(id, selection, outbox, ended.resolve);
  const stop = multiplexer.listen(track, stream);

  function finish(): void {
    stop();
    release();
    ended.resolve(undefined);
  }

  let told = false;
  const ending: Ending = {
    async next() {
      const error = await ended.promise;
      finish();
      if (error === undefined || told) return { done: true, value: undefined };
      told = true;
      return { done: false, value: { errors: [toGraphQLError(error)] } };
    },
    async return() {
      finish();
      outbox.forget(stream);
      return { done: true, value: undefined };
    },
    async throw(error) {
      finish();
      throw error;
    },
    async [Symbol.asyncDispose]() {
      finish();
    },
    [Symbol.asyncIterator]: () => ending,
  };
  return ending;
}

/** The events of one subscription: hears them, and has the outbox send what is selected of each. */
class SelectionStream implements Listener, EventStream {
  readonly prefix: Buffer;
  readonly tellDropped = tellDropped;
  readonly end: (error?: UserError) => void;
  readonly #selection: Selection;
  readonly #outbox: Outbox;
  dropped = 0;

  constructor(id: string, selection: Selection, outbox: Outbox, end: (error?: UserError) => void) {
    this.prefix = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`);
    this.end = end;
    this.#selection = selection;
    this.#outbox = outbox;
  }

  event(event: SentimentEvent): void {
    this.#outbox.push(this, this.#selection.resultOf(event).ending);
  }
}
