// One socket of the protocol graphql-transport-ws, which the package graphql-ws describes and whose messages it checks.
// Events bypass this file: they go straight to the outbox of the socket, since many listeners get the same bytes.

import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  getOperationAST,
  OperationTypeNode,
} from 'graphql';
import {
  CloseCode,
  type Message,
  MessageType,
  parseMessage,
  type SubscribePayload,
} from 'graphql-ws';
import type { WebSocket } from 'ws';
import { UserError } from '../../base/user-error.ts';
import type { BoundedLog } from '../../stream/telemetry.ts';
import { bearerOf, type Client, EXPIRED, type Pass } from '../access/auth.ts';
import type { Work } from '../access/work-budget.ts';
import type { Shared } from '../shared.ts';
import { closeAfterAll } from '../socket/close.ts';
import type { Conversation } from '../socket/open-socket.ts';
import type { Outbox } from '../socket/outbox.ts';
import type { Opened } from './broadcast.ts';
import { payFor } from './builder.ts';
import { toGraphQLError } from './masked-errors.ts';
import type { Operations } from './operations.ts';
import { maskErrors } from './selection.ts';
import { checkRoom, prepare } from './socket-operation.ts';
import { SocketSubscription } from './socket-subscription.ts';

/** What all sockets share. */
export interface Surroundings {
  readonly shared: Shared;
  readonly operations: Operations;
  readonly log: BoundedLog;
}

/** An operation that runs. */
interface Running {
  /** Ends it without a word to the client. */
  stop(): void;
}

const HOW = 'in connection_init: {"authorization": "Bearer <token>"}';

/** The reasons of a close, each with what a client should do instead. All fit into a close frame. */
const INVALID =
  'Invalid message received: send connection_init, subscribe, complete, ping or pong, as the package graphql-ws does';
const TOO_LATE = 'Connection initialisation timeout: send {"type":"connection_init"} at once';
const UNAUTHORIZED =
  'Unauthorized: send {"type":"connection_init"} first, and wait for connection_ack';

export class GraphQLConversation implements Conversation {
  readonly #surroundings: Surroundings;
  readonly #socket: WebSocket;
  readonly #outbox: Outbox;
  readonly #work: Work;
  /** The token that came with the handshake. */
  readonly #token: string | undefined;
  /** By the client's names for them. */
  readonly #running = new Map<string, Running>();
  /** Replaced once `connection_init` has brought a token. */
  #pass: Pass;
  #hasBegun = false;
  #isAcknowledged = false;
  /** Undefined once `connection_init` has come, so that the memory of the timer is freed. */
  #cancelTimeout: (() => void) | undefined;
  #unwatch: (() => void) | undefined;

  constructor(
    surroundings: Surroundings,
    socket: WebSocket,
    outbox: Outbox,
    token: string | undefined,
    { pass, work }: Client,
  ) {
    this.#surroundings = surroundings;
    this.#socket = socket;
    this.#outbox = outbox;
    this.#token = token;
    this.#pass = pass;
    this.#work = work;
    const { clock, telemetry, limits } = surroundings.shared;
    this.#cancelTimeout = clock.after(limits.initTimeout * 1000, () => {
      telemetry.rejected('init', TOO_LATE);
      this.#close(CloseCode.ConnectionInitialisationTimeout, TOO_LATE);
    });
  }

  message(text: string): void {
    const message = readMessage(text);
    try {
      this.#hear(message);
    } catch (error) {
      this.#fail(error);
    }
  }

  closed(): void {
    this.#cancelTimeout?.();
    this.#unwatch?.();
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const operation of running) operation.stop();
  }

  /** Tells the client that a subscription has ended by itself. */
  ended(id: string, subscription: Running, error: UserError | undefined): void {
    if (this.#running.get(id) !== subscription) return;
    if (error !== undefined) this.#sendResult(id, { errors: [toGraphQLError(error)] });
    this.#complete(id);
  }

  #hear(message: Message | undefined): void {
    switch (message?.type) {
      case MessageType.ConnectionInit:
        this.#begin(message.payload ?? {});
        return;
      case MessageType.Ping:
        this.#answerPing(message.payload);
        return;
      case MessageType.Pong:
        return;
      case MessageType.Subscribe:
        this.#subscribe(message.id, message.payload);
        return;
      case MessageType.Complete:
        this.#stop(message.id);
        return;
      default:
        this.#close(CloseCode.BadRequest, INVALID);
    }
  }

  #begin(params: object): void {
    if (this.#hasBegun) {
      const reason = 'Too many initialisation requests';
      this.#close(CloseCode.TooManyInitialisationRequests, reason);
      return;
    }
    this.#hasBegun = true;
    this.#cancelTimeout?.();
    this.#cancelTimeout = undefined;
    if (this.#surroundings.shared.auth.isRequired) this.#await(this.#admit(params));
    else this.#acknowledge();
  }

  /** Checks the client's token. If it is not valid, closes the socket with the reason and the protocol's code. */
  async #admit(params: object): Promise<void> {
    const { auth } = this.#surroundings.shared;
    const pass = await auth.check(tokenOf(params) ?? this.#token, HOW);
    if (pass instanceof UserError) this.#close(CloseCode.Forbidden, pass.message);
    if (pass instanceof UserError || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#pass = pass;
    this.#unwatch = pass.onExpiry(() => {
      // First its operations end with an error, which takes the rest of this tick.
      setImmediate(() => this.#close(CloseCode.Forbidden, EXPIRED.message));
    });
    this.#acknowledge();
  }

  #acknowledge(): void {
    this.#isAcknowledged = true;
    this.#outbox.send('{"type":"connection_ack"}');
  }

  #answerPing(payload: unknown): void {
    try {
      this.#send({ type: MessageType.Pong, ...(payload ? { payload } : {}) });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#close(CloseCode.BadRequest, 'Nested too deeply');
    }
  }

  #subscribe(id: string, payload: SubscribePayload): void {
    const { shared, operations } = this.#surroundings;
    if (!this.#isAcknowledged) {
      this.#close(CloseCode.Unauthorized, UNAUTHORIZED);
      return;
    }
    if (this.#running.has(id)) {
      this.#close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`);
      return;
    }
    // The client repeats the operation elsewhere as soon as this socket closes.
    if (shared.isStopping()) return;
    const excess = checkRoom(shared, id, this.#running.size);
    const args = excess ?? prepare(operations, payload, this.#work);
    if (!('document' in args)) {
      this.#send({ id, type: MessageType.Error, payload: args });
      return;
    }
    const operation = getOperationAST(args.document, args.operationName);
    if (operation?.operation === OperationTypeNode.SUBSCRIPTION) this.#open(id, args);
    else if (operation) this.#await(this.#execute(id, args));
    else {
      const errors = [new GraphQLError('Unable to identify operation')];
      this.#send({ id, type: MessageType.Error, payload: errors });
    }
  }

  #open(id: string, args: ExecutionArgs): void {
    const opened = this.#surroundings.operations.broadcast.open(args, this.#work);
    if (opened instanceof Promise) this.#await(this.#listenLater(id, opened));
    else this.#listen(id, opened);
  }

  async #listenLater(id: string, opening: Promise<Opened | ExecutionResult>): Promise<void> {
    const isRunning = this.#run(id);
    const opened = await opening;
    if (isRunning()) this.#listen(id, opened);
    else if ('selection' in opened) opened.release();
  }

  #listen(id: string, opened: Opened | ExecutionResult): void {
    if (!('selection' in opened)) {
      this.#sendResult(id, opened);
      this.#complete(id);
      return;
    }
    const subscription = new SocketSubscription(id, opened, this.#outbox, this);
    this.#running.set(id, subscription);
    subscription.listen(opened, this.#surroundings.operations.feeding, this.#pass);
  }

  async #execute(id: string, args: ExecutionArgs): Promise<void> {
    const { context, mask } = this.#surroundings.operations;
    const work = this.#work;
    const isRunning = this.#run(id);
    const result = await execute({ ...args, contextValue: payFor(context, work) });
    const answer = work.chargeAnswer(maskErrors(result, mask));
    if (!isRunning()) return;
    this.#sendResult(id, answer);
    this.#complete(id);
  }

  /** Occupies `id`. The returned function tells whether the client still waits for this operation. */
  #run(id: string): () => boolean {
    const pending: Running = { stop() {} };
    this.#running.set(id, pending);
    return () => this.#running.get(id) === pending;
  }

  /** The client wants no more of an operation. */
  #stop(id: string): void {
    const operation = this.#running.get(id);
    this.#running.delete(id);
    operation?.stop();
  }

  #sendResult(id: string, { errors, ...rest }: ExecutionResult): void {
    const payload = errors === undefined ? rest : { ...rest, errors };
    this.#send({ id, type: MessageType.Next, payload });
  }

  #complete(id: string): void {
    this.#running.delete(id);
    this.#send({ id, type: MessageType.Complete });
  }

  #send(message: object): void {
    this.#outbox.send(JSON.stringify(message));
  }

  #await(work: Promise<void>): void {
    work.catch((error) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#surroundings.log.error('a GraphQL socket failed', error);
    this.#close(CloseCode.InternalServerError, 'Internal server error');
  }

  #close(code: number, reason: string): void {
    closeAfterAll(this.#socket, this.#outbox, code, reason);
  }
}

/** Undefined for what is no message of the protocol. */
function readMessage(text: string): Message | undefined {
  try {
    return parseMessage(text);
  } catch {
    return undefined;
  }
}

/** Clients send `authorization` and `Authorization`, with `Bearer` and without. */
function tokenOf(params: object): string | undefined {
  const named = Object.entries(params).find(([key]) => key.toLowerCase() === 'authorization');
  const value = named?.[1];
  if (typeof value !== 'string') return undefined;
  return bearerOf(value) ?? (/^\S+$/.test(value) ? value : undefined);
}
