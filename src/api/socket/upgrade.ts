// Upgrades requests to WebSockets. Their path decides which protocol they speak.

import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../base/clock.ts';
import { UserError } from '../../base/user-error.ts';
import { type Client, challengeOf, type Pass, UNLIMITED } from '../access/auth.ts';
import { nameOrigin, ORIGIN_NOT_ALLOWED } from '../access/origins.ts';
import { pathOf } from '../http/request-target.ts';
import type { Shared } from '../shared.ts';
import { closeAfterAll, closedWithin, POLICY_VIOLATION } from './close.ts';
import { type Drain, RETRY_AFTER, STOPPING } from './drain.ts';
import { createHeartbeat } from './heartbeat.ts';
import { type Conversation, OpenSocket, type OpenSocketOptions } from './open-socket.ts';
import type { Outbox, OutboxOptions } from './outbox.ts';

export interface SocketRoute {
  /** The path it serves, such as `/track`. */
  readonly path: string;
  /** Chooses one of the offered subprotocols; undefined where none is spoken. */
  readonly chooseProtocol?: (offered: Set<string>) => string;
  /** The close code for a socket that sends too much. */
  readonly floodCode: number;
  /** Checks the token before the handshake; undefined where no token is required then. */
  readonly admit?: (request: IncomingMessage) => Promise<Pass | UserError>;
  /** Returns undefined for a socket that it has closed. */
  serve(
    socket: WebSocket,
    outbox: Outbox,
    request: IncomingMessage,
    client: Client,
  ): Conversation | undefined;
}

interface At {
  readonly route: SocketRoute;
  readonly server: WebSocketServer;
  readonly options: OpenSocketOptions;
}

interface Handshake {
  readonly at: At;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** The codes of ws for a message that is too long, or comes in too many pieces. */
const TOO_LONG: readonly unknown[] = [
  'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
  'WS_ERR_TOO_MANY_BUFFERED_PARTS',
];
/** How long a peer may take to answer a close, in milliseconds. */
const CLOSE_TIMEOUT = 2000;
/** Pieces that a message may come in; honest clients send few. */
const MAX_FRAGMENTS = 256;
/** Options that the types of ws lack. */
const UNTYPED: object = { closeTimeout: CLOSE_TIMEOUT, maxFragments: MAX_FRAGMENTS };

export function createUpgrade(
  shared: Shared,
  outboxOptions: OutboxOptions,
  routes: readonly SocketRoute[],
) {
  const { clock, slices, telemetry, isAllowed, isStopping, connectionLimits, limits } = shared;
  const { maxMessagesPerSecond } = limits;
  const log = telemetry.log('socket');
  const heartbeat = createHeartbeat(clock, telemetry);
  // None of them is attached to the HTTP server: two that are would break each other's sockets.
  const servers = new Map(
    routes.map((route): readonly [path: string, at: At] => {
      const { chooseProtocol, path, floodCode } = route;
      const onFlood = () => telemetry.rejected('messages', path);
      const options = {
        ...outboxOptions,
        slices,
        heartbeat,
        maxMessagesPerSecond,
        floodCode,
        onFlood,
        onError: fail,
        open: new Set<OpenSocket>(),
      };
      const server = new WebSocketServer({
        noServer: true,
        clientTracking: false,
        maxPayload: limits.maxMessageBytes,
        ...UNTYPED,
        perMessageDeflate: false,
        // One message a tick, so that a client can complete an id and use it again at once.
        allowSynchronousEvents: false,
        // Pings are answered below, and only if the peer reads the answers.
        autoPong: false,
        ...(chooseProtocol && { handleProtocols: chooseProtocol }),
      });
      server.on('wsClientError', ({ message }, socket, { method }) => {
        const sentence = `${message}. Open a WebSocket with a browser or a WebSocket library.`;
        const hints = 'Allow: GET\r\nSec-WebSocket-Version: 13, 8\r\n';
        reject(socket, method === 'GET' ? 400 : 405, sentence, clock, hints);
      });
      return [path, { route, server, options }];
    }),
  );

  function rejectedAsStopping(socket: Duplex): boolean {
    if (!isStopping()) return false;
    const retry = `Retry-After: ${RETRY_AFTER}\r\n`;
    reject(socket, 503, STOPPING, clock, retry);
    return true;
  }

  function note({ message }: Error): void {
    log.debug(`socket: ${message}`);
  }

  function fail(error: Error): void {
    if ('code' in error && TOO_LONG.includes(error.code)) telemetry.rejected('size', 'a message');
    note(error);
  }

  function serve({ at, request, socket, head }: Handshake, pass: Pass): void {
    const { route, server, options } = at;
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const opened = new OpenSocket(webSocket, socket, options);
      const work = connectionLimits.workOf(request, opened);
      opened.hear(route.serve(webSocket, opened.outbox, request, { pass, work }));
    });
  }

  /** A browser hides an answer from its page, but not why a socket closes. */
  function forbid(
    { at: { server, options }, request, socket, head }: Handshake,
    status: 401 | 403,
    reason: string,
    challenge?: string,
  ): void {
    if (request.headers.origin === undefined) {
      reject(socket, status, reason, clock, challenge);
      return;
    }
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const { outbox } = new OpenSocket(webSocket, socket, options);
      closeAfterAll(webSocket, outbox, POLICY_VIOLATION, reason);
    });
  }

  async function check(handshake: Handshake, admitted: Promise<Pass | UserError>): Promise<void> {
    const pass = await admitted;
    if (pass instanceof UserError) {
      const challenge = `WWW-Authenticate: ${challengeOf(pass)}\r\n`;
      forbid(handshake, 401, pass.message, challenge);
    } else if (!rejectedAsStopping(handshake.socket)) serve(handshake, pass);
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (socket.destroyed || rejectedAsStopping(socket)) return;
    const rejection = connectionLimits.admit(request, socket);
    if (rejection) {
      const { status, retryAfter, error } = rejection;
      const retry = `Retry-After: ${retryAfter}\r\n`;
      return void reject(socket, status, error.message, clock, retry);
    }
    const at = servers.get(pathOf(request));
    if (!at) {
      const paths = [...servers.keys()].join(' or ');
      return void reject(socket, 404, `No WebSocket here; open ${paths}`, clock);
    }
    const handshake = { at, request, socket, head };
    const { headers } = request;
    if (!isAllowed(headers)) {
      telemetry.rejected('origin', nameOrigin(headers.origin));
      forbid(handshake, 403, ORIGIN_NOT_ALLOWED);
    } else if (at.route.admit) void check(handshake, at.route.admit(request));
    else serve(handshake, UNLIMITED);
  }

  return {
    /** For the `upgrade` event of an HTTP server. */
    handle(request: IncomingMessage, socket: Duplex, head: Buffer): void {
      socket.on('error', note);
      slices.run(() => upgrade(request, socket, head));
    },
    /** How many sockets are open on a path. */
    count: (path: string) => servers.get(path)?.options.open.size ?? 0,
    /** One for each open socket: closes it with 1001, and by force if the peer does not answer in time. */
    drains: (): readonly Drain[] =>
      [...servers.values()].flatMap(({ options }) =>
        [...options.open].map((socket) => () => socket.leave(CLOSE_TIMEOUT)),
      ),
  };
}

/** Answers instead of a handshake. A peer that keeps its half open is not waited for. */
function reject(socket: Duplex, status: number, reason: string, clock: Clock, headers = ''): void {
  void closedWithin(clock, CLOSE_TIMEOUT, socket, () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  const body = `${JSON.stringify({ error: reason })}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}Connection: close\r\n` +
      'Content-Type: application/json; charset=utf-8\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
