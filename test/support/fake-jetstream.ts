// A stand-in for Jetstream, v1 and v2: a real WebSocket server that sends posts as documented, and fails on
// demand. It has no compression, no filters by account and no options_update, because Senti uses none of them.

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
  readQuery,
} from './fake-jetstream-wire.ts';
import { type Client, type FakeSocketServer, startFakeSocketServer } from './fake-socket-server.ts';

export interface FakeJetstreamOptions {
  readonly clock?: Clock;
  readonly port?: number;
  /** Events that can be resumed. v1 clamps an older cursor to the oldest one without a word. */
  readonly history?: number;
  /** Each host of v2 numbers its events by itself, beginning here. */
  readonly firstSeq?: number;
}

/** What a handshake asks for, and the events of the past that answer it. */
interface Asked {
  readonly query: Query;
  readonly replay: { readonly notice?: string; readonly kept: readonly Kept[] };
}

export interface FakeJetstream extends FakeSocketServer<Asked> {
  /** Of v1, such as `ws://127.0.0.1:12345/subscribe`. */
  readonly url: string;
  readonly urlV2: string;
  /** The query of each accepted connection, the last one last. */
  readonly accepted: readonly URLSearchParams[];
  /** Frames written, by what they were. */
  readonly sent: { posts: number; others: number };
  /** Sends an event to the connections that want it, and keeps it for those that resume. Returns its time_us. */
  emit(event: Event): number;
  /** Sends the last `count` events to all connections again. */
  repeat(count: number): void;
  /** Sends an error as v2 does, and closes all connections. */
  fail(error: string, text: string): void;
  /** The events so far can no longer be resumed. */
  forget(): void;
  /** Adds `by` to the numbers of all events, as if another instance answered at the same address. */
  renumber(by: number): void;
}

export async function startFakeJetstream({
  clock = systemClock,
  port = 0,
  history: limit = 100_000,
  firstSeq = 1,
}: FakeJetstreamOptions = {}): Promise<FakeJetstream> {
  const accepted: URLSearchParams[] = [];
  const sent = { posts: 0, others: 0 };
  const history: Kept[] = [];
  let lastTimeUs = 0;
  let oldestSeq = firstSeq;
  let nextSeq = firstSeq;

  function tell({ socket, asks, stalled }: Client<Asked>, kept: Kept): void {
    const { query } = asks;
    if (stalled || socket.readyState !== socket.OPEN || !isWanted(query, kept.event)) return;
    const text = encode(kept, query.version);
    if (Buffer.byteLength(text) > query.maxBytes) return;
    socket.send(text);
    sent[kept.event.commit?.operation === 'create' ? 'posts' : 'others'] += 1;
  }

  const server = await startFakeSocketServer<Asked>({
    port,
    welcome({ url = '/' }) {
      const query = readQuery(url);
      if ('status' in query) return { answer: encodeRejection(query) };
      const replay = planReplay(query, history, oldestSeq, nextSeq);
      if ('status' in replay) return { answer: encodeRejection(replay) };
      return { asks: { query, replay } };
    },
    opened(client, { url = '/' }) {
      const { notice, kept } = client.asks.replay;
      accepted.push(new URL(url, 'ws://host').searchParams);
      if (notice !== undefined) client.socket.send(encodeInfo(notice));
      for (const one of kept) tell(client, one);
    },
  });
  const { clients, origin } = server;

  return Object.assign(server, {
    url: origin + PATHS[1],
    urlV2: origin + PATHS[2],
    accepted,
    sent,
    emit(event: Event) {
      lastTimeUs = Math.max(lastTimeUs + 1, Math.floor(clock.now() * 1000));
      const kept = { timeUs: lastTimeUs, seq: nextSeq++, event };
      history.push(kept);
      if (history.length > limit) history.shift();
      for (const client of clients) tell(client, kept);
      return lastTimeUs;
    },
    repeat(count: number) {
      for (const client of clients) for (const kept of history.slice(-count)) tell(client, kept);
    },
    fail(error: string, text: string) {
      for (const { socket } of clients) {
        socket.send(encodeError(error, text));
        socket.close(1008);
      }
    },
    forget() {
      history.length = 0;
    },
    renumber(by: number) {
      oldestSeq += by;
      nextSeq += by;
      history.splice(0, limit, ...history.map((kept) => ({ ...kept, seq: kept.seq + by })));
    },
  });
}
