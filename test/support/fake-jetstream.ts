// A stand-in for Jetstream v1: a real WebSocket server that tells of posts as documented, and fails on demand.
// Left out: compression, wantedDids and options_update, none of which Senti uses.

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Clock, systemClock } from '../../src/base/clock.ts';

/** A frame without its time, which the server gives. */
export interface Event {
  readonly did: string;
  readonly kind: string;
  readonly commit?: { readonly collection: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

export interface FakeJetstreamOptions {
  readonly clock?: Clock;
  readonly port?: number;
  /** Events that can be resumed; an older cursor is clamped to the oldest without a word. */
  readonly history?: number;
}

export interface FakeJetstream {
  /** Such as `ws://127.0.0.1:12345/subscribe`. */
  readonly url: string;
  /** The query of each accepted connection, the last one last. */
  readonly accepted: readonly URLSearchParams[];
  /** Handshakes that were asked for, whatever came of them. */
  readonly handshakes: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Frames written, by what they were. */
  readonly sent: { posts: number; others: number };
  /** Something happens on the network: all who want it are told, and it can be resumed. Returns its time_us. */
  emit(event: Event): number;
  /** Tells everybody the last `count` events again. */
  repeat(count: number): void;
  /** Sends just this to everybody, once, without a place in the stream: text, or bytes as a binary frame. */
  inject(data: string | Uint8Array): void;
  /** From now on, the open connections are told nothing more, and stay open. */
  stall(): void;
  /** Cuts every connection, without a closing frame. */
  terminate(): void;
  /** Closes every connection in order. */
  hangUp(code: number, reason?: string): void;
  /** Answers handshakes with this status, as 503, until it is undefined. */
  reject(status: number | undefined): void;
  /** Leaves handshakes without an answer until `release`, which accepts them, or drops them. */
  hold(): void;
  release(accept?: boolean): void;
  /** Resolves when no connection is open. */
  untilDeserted(): Promise<void>;
  /** Resolves when somebody has asked for the `count`-th handshake. */
  untilHandshake(count: number): Promise<void>;
  close(): Promise<void>;
}

interface Client {
  readonly socket: WebSocket;
  readonly collections: readonly string[];
  readonly maxBytes: number;
  stalled: boolean;
}

interface Kept {
  readonly timeUs: number;
  readonly event: Event;
  readonly text: string;
}

/** On resume, this many events from before the cursor come as well: "at least once" is meant so. */
const RESENT_BEFORE_CURSOR = 2;

export async function startFakeJetstream({
  clock = systemClock,
  port = 0,
  history: limit = 100_000,
}: FakeJetstreamOptions = {}): Promise<FakeJetstream> {
  const http = createServer((_, response) => response.writeHead(404).end());
  const door = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const clients = new Set<Client>();
  const accepted: URLSearchParams[] = [];
  const sent = { posts: 0, others: 0 };
  const history: Kept[] = [];
  const held: { readonly socket: Duplex; readonly go: () => void }[] = [];
  /** Every connection, also those that are no WebSocket yet. */
  const sockets = new Set<Duplex>();
  const watchers = new Set<() => void>();
  let lastTimeUs = 0;
  let handshakes = 0;
  let rejection: number | undefined;
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

  function tell(client: Client, { event, text }: Kept): void {
    if (client.stalled || client.socket.readyState !== client.socket.OPEN) return;
    if (!isWanted(client, event, text)) return;
    client.socket.send(text);
    sent[event.commit?.operation === 'create' ? 'posts' : 'others'] += 1;
  }

  function accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'ws://host');
    const collections = query.getAll('wantedCollections');
    const cursor = query.get('cursor');
    const status = rejection ?? judge(pathname, collections, cursor);
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const maxBytes = Number(query.get('maxMessageSizeBytes')) || Number.POSITIVE_INFINITY;
    door.handleUpgrade(request, socket, head, (webSocket) => {
      const client: Client = { socket: webSocket, collections, maxBytes, stalled: false };
      webSocket.on('error', () => {});
      webSocket.once('close', () => {
        clients.delete(client);
        changed();
      });
      clients.add(client);
      accepted.push(query);
      changed();
      if (cursor !== null) resume(client, Number(cursor));
    });
  }

  function resume(client: Client, cursor: number): void {
    const from = history.findIndex(({ timeUs }) => timeUs >= cursor);
    if (from === -1) return; // A cursor in the future is told what comes.
    for (const kept of history.slice(Math.max(0, from - RESENT_BEFORE_CURSOR))) tell(client, kept);
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
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));

  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/subscribe`,
    accepted,
    sent,
    get handshakes() {
      return handshakes;
    },
    get open() {
      return clients.size;
    },
    emit(event) {
      lastTimeUs = Math.max(lastTimeUs + 1, Math.floor(clock.now() * 1000));
      const { did, ...rest } = event;
      const text = JSON.stringify({ did, time_us: lastTimeUs, ...rest });
      const kept = { timeUs: lastTimeUs, event, text };
      history.push(kept);
      if (history.length > limit) history.shift();
      for (const client of clients) tell(client, kept);
      return lastTimeUs;
    },
    repeat(count) {
      for (const client of clients) for (const kept of history.slice(-count)) tell(client, kept);
    },
    inject(data) {
      for (const { socket, stalled } of clients) if (!stalled) socket.send(data);
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
    reject(status) {
      rejection = status;
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
    untilHandshake: (count) => until(() => handshakes >= count),
    async close() {
      const closed = new Promise((resolve) => http.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** News of accounts reach everybody, whatever collections they want; as the real service does it. */
function isWanted({ collections, maxBytes }: Client, { commit }: Event, text: string): boolean {
  if (Buffer.byteLength(text) > maxBytes) return false;
  if (commit === undefined || collections.length === 0) return true;
  return collections.some((wanted) =>
    wanted.endsWith('*')
      ? commit.collection.startsWith(wanted.slice(0, -1))
      : commit.collection === wanted,
  );
}

/** The status that a request is rejected with, if it is. */
function judge(
  pathname: string,
  collections: readonly string[],
  cursor: string | null,
): number | undefined {
  if (pathname !== '/subscribe') return 404;
  const valid = collections.every((name) =>
    /^[a-z][a-z0-9-]*(\.[A-Za-z0-9-]+)+(\.\*)?$/.test(name),
  );
  return valid && /^\d*$/.test(cursor ?? '') ? undefined : 400;
}
