// The conversation on one GraphQL socket. The library graphql-ws reads what comes, and takes this for its socket.

import type { IncomingMessage } from 'node:http';
import {
  CloseCode,
  MessageType,
  type WebSocket as ProtocolSocket,
  parseMessage,
  type Server,
  stringifyMessage,
} from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { BoundedLog, Telemetry } from '../../stream/telemetry.ts';
import { bearerOf, type Client, type Pass } from '../access/auth.ts';
import type { Work } from '../access/work-budget.ts';
import { closeAfterAll } from '../socket/close.ts';
import type { Conversation } from '../socket/open-socket.ts';
import type { Outbox } from '../socket/outbox.ts';

/** What all conversations share. */
interface Surroundings {
  readonly protocol: Server<GraphQLConversation>;
  readonly telemetry: Pick<Telemetry, 'rejected'>;
  readonly log: BoundedLog;
}

const INVALID = 'Invalid message received';
/** What a client should do instead, by the reasons that graphql-ws gives. Both fit into a close frame. */
const HINTS: Readonly<Record<string, string>> = {
  [INVALID]:
    'send connection_init, subscribe, complete, ping or pong, as the package graphql-ws does',
  'Too many initialisation requests': 'send connection_init once',
  'Connection initialisation timeout': 'send {"type":"connection_init"} at once',
  Unauthorized: 'send {"type":"connection_init"} first, and wait for connection_ack',
};
/** It cannot be echoed. */
const TOO_DEEP = 'The payload of this ping nests too deeply: send a flatter one';

/** How graphql-ws begins to say what is wrong with a message of a type that clients send. What it quotes may be a token. */
const FLAW = /^"(?:connection_init|subscribe|complete|ping|pong)" message [^"]+?(?=, but got "|$)/;
/** The error of graphql-ws for a message that only servers send. From a client, it is no bug of the server. */
const SERVERS_OWN = /^Unexpected message of type /;

export class GraphQLConversation implements Conversation, ProtocolSocket, Client {
  readonly socket: WebSocket;
  readonly outbox: Outbox;
  readonly work: Work;
  /** Replaced once `connection_init` has brought a token. */
  pass: Pass;
  /** The token that came with the handshake. */
  readonly token: string | undefined;
  readonly #surroundings: Surroundings;
  #handle: ((text: string) => Promise<void>) | undefined;
  /** The message that the library reads now. */
  #reading = '';
  readonly #closed: (code: number, reason: string) => Promise<void>;

  constructor(
    surroundings: Surroundings,
    socket: WebSocket,
    outbox: Outbox,
    { headers }: IncomingMessage,
    { pass, work }: Client,
  ) {
    this.socket = socket;
    this.outbox = outbox;
    this.work = work;
    this.pass = pass;
    this.token = bearerOf(headers.authorization);
    this.#surroundings = surroundings;
    this.#closed = surroundings.protocol.opened(this, this);
  }

  message(text: string): void {
    this.#reading = text;
    this.#handle?.(text).catch((error) => this.#fail(error));
    this.#reading = '';
  }

  closed(): void {
    this.#closed(0, '').catch((error) => this.#fail(error));
  }

  /** For the library, as everything below. */
  get protocol(): string {
    return this.socket.protocol;
  }

  onMessage(handle: (text: string) => Promise<void>): void {
    this.#handle = handle;
  }

  send(message: string): void {
    this.outbox.send(message);
  }

  onPing(payload: Record<string, unknown> | undefined): void {
    const pong = writePong(payload);
    if (pong === undefined) this.close(CloseCode.BadRequest, TOO_DEEP);
    else this.outbox.send(pong);
  }

  close(code: number, reason: string): void {
    if (code === CloseCode.ConnectionInitialisationTimeout) {
      this.#surroundings.telemetry.rejected('init', reason);
    }
    const flaw = reason === INVALID ? flawOf(this.#reading) : undefined;
    const hint = HINTS[reason];
    const hinted = hint === undefined ? reason : `${reason}: ${hint}`;
    closeAfterAll(this.socket, this.outbox, code, flaw ?? hinted);
  }

  #fail(error: unknown): void {
    if (error instanceof Error && SERVERS_OWN.test(error.message)) {
      this.close(CloseCode.BadRequest, INVALID);
      return;
    }
    this.#surroundings.log.error('a GraphQL socket failed', error);
    this.close(CloseCode.InternalServerError, 'Internal server error');
  }
}

/** What is wrong with a message of a client's type; undefined for any other. The library knows, and does not say it. */
function flawOf(text: string): string | undefined {
  try {
    parseMessage(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? FLAW.exec(error.message)?.[0] : undefined;
  }
}

/** The answer to a ping; undefined if its payload is nested too deeply to be written. */
function writePong(payload: Record<string, unknown> | undefined): string | undefined {
  try {
    return stringifyMessage({ type: MessageType.Pong, ...(payload && { payload }) });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return undefined;
  }
}
