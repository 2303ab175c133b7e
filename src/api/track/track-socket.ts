// /track: the raw WebSocket of the first server, for the clients that exist. schema/track.md is its contract.

import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { isRecord, parseJson } from '../../base/json.ts';
import { UserError } from '../../base/user-error.ts';
import type { SentimentEvent } from '../../sentiment/analysis.ts';
import type { Multiplexer } from '../../stream/multiplexer.ts';
import type { Listener } from '../../stream/topic.ts';
import { parseTrack, type Track } from '../../track/track.ts';
import { bearerOf, type Client, EXPIRED, IN_HEADER } from '../access/auth.ts';
import { PRICES } from '../access/work-budget.ts';
import type { Shared } from '../shared.ts';
import { closeAfterAll, POLICY_VIOLATION } from '../socket/close.ts';
import { GOING_AWAY, GOING_AWAY_REASON } from '../socket/drain.ts';
import type { Outbox } from '../socket/outbox.ts';
import type { EventStream } from '../socket/outbox-queue.ts';
import type { SocketRoute } from '../socket/upgrade.ts';

export const TRACK_PATH = '/track';

/** The close code of a message that is no JSON (RFC 6455, section 7.4.1). */
const NOT_JSON = 1007;
/** Registered with IANA for a server that is overloaded. */
const TRY_AGAIN_LATER = 1013;

export function createTrackSocket({ multiplexer, auth }: Shared): SocketRoute {
  const encode = onceForEach(encodeEvent);
  return {
    path: TRACK_PATH,
    floodCode: TRY_AGAIN_LATER,
    ...(auth.isRequired && { admit: (request) => auth.check(tokenOf(request), HOW) }),
    serve: (socket, outbox, _request, client) => serve(socket, outbox, multiplexer, encode, client),
  };
}

const EXAMPLE = 'send {"track": "coffee"}';
const HOW = `${IN_HEADER}, or as /track?token=<token>`;

/** A page cannot choose the headers of its WebSocket, but it can choose the address. */
function tokenOf({ url = '/', headers }: IncomingMessage): string | undefined {
  const [, query] = url.split('?', 2);
  const inAddress = new URLSearchParams(query).get('token');
  // URLSearchParams reads a plus as a space, and tokens have no spaces.
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
    // Last, so that the same query sent twice does not close its topic in between.
    stopLast();
  }

  function listen(track: Track): () => void {
    const stream: Listener & EventStream = {
      ...UNREPORTED,
      event: (event) => outbox.push(stream, encode(event), event.post),
      end,
    };
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
    closeAfterAll(socket, outbox, code, reason);
    follow(undefined);
  }

  socket.on('message', (data) => {
    if (socket.readyState !== socket.OPEN) return;
    const overdrawn = work.overdrawn();
    if (overdrawn) return end(overdrawn.error);
    work.charge(PRICES.operation);
    const query = readMessage(String(data));
    if (query === NOT_JSON) return close(NOT_JSON, `Not JSON; ${EXAMPLE}`);
    if (query === POLICY_VIOLATION) {
      return close(POLICY_VIOLATION, `No string "track" in the message; ${EXAMPLE}`);
    }
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

/** The frozen protocol has no place to report dropped events; the server counts them. */
const UNREPORTED: EventStream = {
  prefix: undefined,
  suffix: [],
  dropped: 0,
  drop() {},
  tellDropped: (payload) => payload,
};

/** The query of a message, or the close code for a message without one. */
function readMessage(text: string): string | typeof NOT_JSON | typeof POLICY_VIOLATION {
  const message = parseJson(text);
  if (message === undefined) return NOT_JSON;
  return isRecord(message) && typeof message.track === 'string' ? message.track : POLICY_VIOLATION;
}

function encodeEvent({ polarityIndex, hashtags }: SentimentEvent): Buffer {
  const counts = hashtags.map(({ tag, count }) => [tag, count] as const);
  return Buffer.from(JSON.stringify({ polarityIndex, hashtags: Object.fromEntries(counts) }));
}

/** Wraps `encode` so that it runs once for the listeners of one event. */
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
