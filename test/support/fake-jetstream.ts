// A stand-in for Jetstream, v1 and v2: a real WebSocket server that sends posts as documented, and fails on
// demand. It has no compression, no filters by account and no options_update, because Senti uses none of them.

import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import {
  type Event,
  encode,
  encodeError,
  encodeInfo,
  encodeRejection,
  isWanted,
  type Kept,
  PATHS,
  planReplay,
  type Query,
  type Rejection,
  readQuery,
} from './fake-jetstream-wire.ts';

export interface FakeJetstreamOptions {
  readonly clock?: Clock;
  readonly port?: number;
  /** Events that can be resumed. v1 clamps an older cursor to the oldest one without a word. */
  readonly history?: number;
  /** Each host of v2 numbers its events by itself, beginning here. */
  readonly firstSeq?: number;
}

export interface FakeJetstream {
  /** Of v1, such as `ws://127.0.0.1:12345/subscribe`. */
  readonly url: string;
  readonly urlV2: string;
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
  /** Sends a ping to everybody. Resolves when all have answered. */
  ping(): Promise<void>;
  /** From now on, the open connections are told nothing more, not even that a ping came, and stay open. */
  stall(): void;
  /** Cuts every connection, without a closing frame. */
  terminate(): void;
  /** Tells of an error as v2 does, and closes every connection. */
  fail(error: string, text: string): void;
  /** The events so far can no longer be resumed. */
  forget(): void;
  /** Adds `by` to the numbers of all events, as if another instance answered at the same address. */
  renumber(by: number): void;
  /** Closes every connection in order. */
  hangUp(code: number, reason?: string): void;
  /** Answers handshakes with this status, as 503, until it is undefined. */
  reject(status: number | undefined): void;
  /** Leaves handshakes without an answer until `release`, which accepts them, or drops them. */
  hold(): void;
  release(accept?: boolean): void;
  /** Resolves when no connection is open. */
  untilDeserted(): Promise<void>;
  /** Resolves when clients have sent `count` pings. */
  untilPinged(count: number): Promise<void>;
  /** Resolves when somebody has asked for the `count`-th handshake. */
  untilHandshake(count: number): Promise<void>;
  close(): Promise<void>;
}

interface Client {
  readonly socket: WebSocket;
  readonly query: Query;
  stalled: boolean;
}

export async function startFakeJetstream({
  clock = systemClock,
  port = 0,
  history: limit = 100_000,
  firstSeq = 1,
}: FakeJetstreamOptions = {}): Promise<FakeJetstream> {
  const http = createServer((_, response) => response.writeHead(404).end());
  const door = new WebSocketServer({ noServer: true, perMessageDeflate: false, autoPong: false });
  const clients = new Set<Client>();
  const accepted: URLSearchParams[] = [];
  const sent = { posts: 0, others: 0 };
  const history: Kept[] = [];
  const held: { readonly socket: Duplex; readonly go: () => void }[] = [];
  /** Every connection, also those that are no WebSocket yet. */
  const sockets = new Set<Duplex>();
  const watchers = new Set<() => void>();
  let lastTimeUs = 0;
  let oldestSeq = firstSeq;
  let nextSeq = firstSeq;
  let pings = 0;
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

  function tell(client: Client, kept: Kept): void {
    const { socket, query, stalled } = client;
    if (stalled || socket.readyState !== socket.OPEN || !isWanted(query, kept.event)) return;
    const text = encode(kept, query.version);
    if (Buffer.byteLength(text) > query.maxBytes) return;
    socket.send(text);
    sent[kept.event.commit?.operation === 'create' ? 'posts' : 'others'] += 1;
  }

  function accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const query = rejection === undefined ? readQuery(request.url ?? '/') : { status: rejection };
    const replay = 'status' in query ? query : planReplay(query, history, oldestSeq, nextSeq);
    if ('status' in query || 'status' in replay) {
      socket.end(encodeRejection(replay as Rejection));
      return;
    }
    door.handleUpgrade(request, socket, head, (webSocket) => {
      const client: Client = { socket: webSocket, query, stalled: false };
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
      accepted.push(new URL(request.url ?? '/', 'ws://host').searchParams);
      changed();
      if (replay.notice !== undefined) webSocket.send(encodeInfo(replay.notice));
      for (const kept of replay.kept) tell(client, kept);
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
    http.listen(port, '127.0.0.1', resolve);
  });

  const origin = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    url: origin + PATHS[1],
    urlV2: origin + PATHS[2],
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
      const kept = { timeUs: lastTimeUs, seq: nextSeq++, event };
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
    fail(error, text) {
      for (const { socket } of clients) {
        socket.send(encodeError(error, text));
        socket.close(1008);
      }
    },
    forget() {
      history.length = 0;
    },
    renumber(by) {
      oldestSeq += by;
      nextSeq += by;
      history.splice(0, limit, ...history.map((kept) => ({ ...kept, seq: kept.seq + by })));
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
    untilPinged: (count) => until(() => pings >= count),
    untilHandshake: (count) => until(() => handshakes >= count),
    async close() {
      const closed = new Promise((resolve) => http.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
