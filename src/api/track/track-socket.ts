// /track: the raw WebSocket of the first server, for the clients that it has. schema/track.md is its contract.

import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { isRecord, parseJson } from '../../base/json.ts';
import { UserError } from '../../base/user-error.ts';
import type { SentimentEvent } from '../../sentiment/analysis.ts';
import type { Multiplexer } from '../../stream/multiplexer.ts';
import type { Listener } from '../../stream/topic.ts';
import { parseTrack, type Track } from '../../track/track.ts';
import { type Auth, bearerOf, type Client, EXPIRED, IN_HEADER } from '../access/auth.ts';
import { PRICES } from '../access/work-budget.ts';
import { closeReason } from '../socket/close-reason.ts';
import { GOING_AWAY, GOING_AWAY_REASON } from '../socket/drain.ts';
import type { Outbox } from '../socket/outbox.ts';
import type { EventStream } from '../socket/outbox-queue.ts';
import type { SocketRoute } from '../socket/upgrade.ts';

export const TRACK_PATH = '/track';

/** By RFC 6455, section 7.4.1. */
const NOT_JSON = 1007;
const POLICY_VIOLATION = 1008;
/** Registered with IANA for a server that is overloaded. */
const TRY_AGAIN_LATER = 1013;

export function createTrackSocket(multiplexer: Multiplexer, auth: Auth): SocketRoute {
  const encode = onceForEach(encodeEvent);
  return {
    path: TRACK_PATH,
    floodCode: TRY_AGAIN_LATER,
    ...(auth.isAsked && { admit: (request) => auth.check(tokenOf(request), HOW) }),
    serve: (socket, outbox, _request, client) => serve(socket, outbox, multiplexer, encode, client),
  };
}

const HOW = `${IN_HEADER}, or as /track?token=<token>`;

/** A browser's WebSocket sends no header of a page's choice, but it can be given any address. */
function tokenOf({ url = '/', headers }: IncomingMessage): string | undefined {
  const [, query] = url.split('?', 2);
  const inAddress = new URLSearchParams(query).get('token');
  // In an address a plus stands for a space, which no token has.
  return bearerOf(headers.authorization) ?? (inAddress?.replaceAll(' ', '+') || undefined);
}

function serve(
  socket: WebSocket,
  outbox: Outbox,
  multiplexer: Multiplexer,
  encode: (event: SentimentEvent) => Buffer,
  { pass, work }: Client,
): void {
  let stop = () => {};

  function follow(track: Track | undefined): void {
    const stopLast = stop;
    stop = track === undefined ? () => {} : listen(track);
    // Only now, so that the same query sent twice does not close its topic in between.
    stopLast();
  }

  function listen(track: Track): () => void {
    const stream = new TrackStream(outbox, encode, end);
    const stopListening = multiplexer.listen(track, stream);
    return () => {
      stopListening();
      outbox.forget(stream);
    };
  }

  function end(error?: UserError): void {
    if (error === undefined) close(GOING_AWAY, GOING_AWAY_REASON);
    else close(error.code === 'LIMIT_REACHED' ? TRY_AGAIN_LATER : POLICY_VIOLATION, error.message);
  }

  function close(code: number, reason: string): void {
    outbox.finish();
    follow(undefined);
    socket.close(code, closeReason(reason));
  }

  socket.on('message', (data) => {
    if (socket.readyState !== socket.OPEN) return;
    const overdrawn = work.overdrawn();
    if (overdrawn) return end(overdrawn.error);
    work.charge(PRICES.operation);
    const query = readMessage(String(data));
    if (query instanceof BadMessage) return close(query.code, query.reason);
    if (query.trim() === '') return follow(undefined);
    const track = parseTrack(query);
    if (track instanceof UserError) return close(POLICY_VIOLATION, track.message);
    follow(track);
  });
  const unwatch = pass.onExpiry(() => close(POLICY_VIOLATION, EXPIRED.message));
  socket.once('close', () => {
    unwatch();
    follow(undefined);
  });
}

/** The events of a track. The frozen protocol has no place to tell of those that are missing; they are counted all the same. */
class TrackStream implements Listener, EventStream {
  readonly prefix = undefined;
  readonly end: (error?: UserError) => void;
  readonly #outbox: Outbox;
  readonly #encode: (event: SentimentEvent) => Buffer;
  /** Never more: there is nothing to tell. */
  readonly dropped = 0;

  constructor(
    outbox: Outbox,
    encode: (event: SentimentEvent) => Buffer,
    end: (error?: UserError) => void,
  ) {
    this.end = end;
    this.#outbox = outbox;
    this.#encode = encode;
  }

  event(event: SentimentEvent): void {
    this.#outbox.push(this, this.#encode(event));
  }

  drop(): void {}

  tellDropped(payload: Buffer): Buffer {
    return payload;
  }
}

class BadMessage {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string) {
    this.code = code;
    this.reason = reason;
  }
}

function readMessage(text: string): string | BadMessage {
  const message = parseJson(text);
  if (message === undefined) {
    return new BadMessage(NOT_JSON, 'Not JSON; send {"track": "coffee"}');
  }
  if (isRecord(message) && typeof message.track === 'string') return message.track;
  return new BadMessage(
    POLICY_VIOLATION,
    'No string "track" in the message; send {"track": "coffee"}',
  );
}

function encodeEvent({ polarityIndex, hashtags }: SentimentEvent): Buffer {
  const counts = hashtags.map(({ tag, count }) => [tag, count] as const);
  return Buffer.from(JSON.stringify({ polarityIndex, hashtags: Object.fromEntries(counts) }));
}

/** `encode`, not called again for the event that it was called for last. */
function onceForEach(encode: (event: SentimentEvent) => Buffer): typeof encode {
  let last: SentimentEvent | undefined;
  let bytes: Buffer = Buffer.alloc(0);
  return (event) => {
    if (event !== last) {
      bytes = encode(event);
      last = event;
    }
    return bytes;
  };
}
