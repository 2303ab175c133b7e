// The part of a stand-in that every upstream over WebSocket has: a real server on a port of its own, and its faults.

import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';

export interface Client<T> {
  readonly socket: WebSocket;
  /** What `welcome` has read of its handshake. */
  readonly asks: T;
  stalled: boolean;
}

interface Door<T> {
  readonly port: number;
  /** Reads a handshake. Returns what the client asks for, or the answer that rejects it. */
  welcome(request: IncomingMessage): { readonly asks: T } | { readonly answer: string };
  opened(client: Client<T>, request: IncomingMessage): void;
}

export interface FakeSocketServer<T> {
  /** Such as `ws://127.0.0.1:12345`. */
  readonly origin: string;
  readonly clients: ReadonlySet<Client<T>>;
  /** Handshakes that were asked for, whatever came of them. */
  readonly handshakes: number;
  /** Connections that are open now. */
  readonly open: number;
  /** The most connections at once. An end that arrived before a handshake counts as earlier, whenever it is noticed. */
  readonly mostOpen: number;
  /** Sends exactly this to all connections, once: text, or bytes as a binary frame. */
  inject(data: string | Uint8Array): void;
  /** Sends a ping to all connections. Resolves when all have answered. */
  ping(): Promise<void>;
  /** From now on, the open connections are told nothing more, not even that a ping came, and stay open. */
  stall(): void;
  /** Cuts every connection, without a closing frame. */
  terminate(): void;
  /** Closes every connection in order. */
  hangUp(code: number, reason?: string): void;
  /** Answers handshakes with this status, as 503, until it is undefined. */
  reject(status: number | undefined, headers?: Readonly<Record<string, string>>): void;
  /** Leaves handshakes without an answer until `release`, which accepts them, or drops them. */
  hold(): void;
  release(accept?: boolean): void;
  /** Resolves when no connection is open. */
  untilDeserted(): Promise<void>;
  /** Resolves when clients have sent `count` pings. */
  untilPinged(count: number): Promise<void>;
  /** Resolves when the `count`-th handshake was asked for. */
  untilHandshake(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startFakeSocketServer<T>(door: Door<T>): Promise<FakeSocketServer<T>> {
  const http = createServer((_, response) => response.writeHead(404).end());
  const upgrades = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    autoPong: false,
  });
  const clients = new Set<Client<T>>();
  const held: { readonly socket: Duplex; readonly go: () => void }[] = [];
  /** Every connection, also those that are no WebSocket yet. */
  const sockets = new Set<Duplex>();
  const watchers = new Set<() => void>();
  let pings = 0;
  let handshakes = 0;
  let mostOpen = 0;
  let rejection: string | undefined;
  let holding = false;

  function changed(): void {
    for (const look of watchers) look();
  }

  function until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
    });
  }

  function accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const welcome = rejection === undefined ? door.welcome(request) : { answer: rejection };
    if ('answer' in welcome) {
      socket.end(welcome.answer);
      return;
    }
    upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      const client: Client<T> = { socket: webSocket, asks: welcome.asks, stalled: false };
      webSocket.on('error', () => {});
      webSocket.on('ping', () => {
        pings += 1;
        if (!client.stalled) webSocket.pong();
        changed();
      });
      webSocket.once('close', () => {
        clients.delete(client);
        changed();
      });
      clients.add(client);
      // A socket whose end has arrived is closing for a few ticks before it is closed.
      const open = [...clients].filter(
        ({ socket: { readyState } }) => readyState === WebSocket.OPEN,
      );
      mostOpen = Math.max(mostOpen, open.length);
      door.opened(client, request);
      changed();
    });
  }

  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  http.on('upgrade', (request, socket, head) => {
    handshakes += 1;
    socket.on('error', () => {});
    if (holding) held.push({ socket, go: () => accept(request, socket, head) });
    else accept(request, socket, head);
    changed();
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(door.port, '127.0.0.1', resolve);
  });

  return {
    origin: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    clients,
    get handshakes() {
      return handshakes;
    },
    get open() {
      return clients.size;
    },
    get mostOpen() {
      return mostOpen;
    },
    inject(data) {
      for (const { socket, stalled } of clients) if (!stalled) socket.send(data);
    },
    async ping() {
      const answers = [...clients].map(({ socket }) => once(socket, 'pong'));
      for (const { socket } of clients) socket.ping();
      await Promise.all(answers);
    },
    stall() {
      for (const client of clients) client.stalled = true;
    },
    terminate() {
      for (const { socket } of clients) socket.terminate();
    },
    hangUp(code, reason) {
      for (const { socket } of clients) socket.close(code, reason);
    },
    reject(status, headers) {
      rejection = status === undefined ? undefined : encodeAnswer(status, '', headers);
    },
    hold() {
      holding = true;
    },
    release(accepts = true) {
      holding = false;
      for (const { socket, go } of held.splice(0)) {
        if (accepts) go();
        else socket.destroy();
      }
    },
    untilDeserted: () => until(() => clients.size === 0),
    untilPinged: (count) => until(() => pings >= count),
    untilHandshake: (count) => until(() => handshakes >= count),
    async close() {
      const closed = new Promise((resolve) => http.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** The answer to a handshake that is not accepted. */
export function encodeAnswer(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  const lines = Object.entries({
    ...headers,
    Connection: 'close',
    'Content-Length': String(body.length),
  });
  return `HTTP/1.1 ${status} No\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}
