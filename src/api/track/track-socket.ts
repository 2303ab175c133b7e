// /track: the raw WebSocket of the first server, for the clients that exist. schema/track.md is its contract.

import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { isRecord, parseJson } from '../../base/json.ts';
import { UserError } from '../../base/user-error.ts';
import type { SentimentEvent } from '../../sentiment/analysis.ts';
import type { Multiplexer } from '../../stream/multiplexer.ts';
import type { Listener } from '../../stream/topic.ts';
import { parseTrack, type Track } from '../../track/track.ts';
import { bearerOf, type Client, EXPIRED, IN_HEADER, UNLIMITED } from '../access/auth.ts';
import { PRICES, type Work } from '../access/work-budget.ts';
import type { Shared } from '../shared.ts';
import { closeAfterAll, POLICY_VIOLATION } from '../socket/close.ts';
import { GOING_AWAY, GOING_AWAY_REASON } from '../socket/drain.ts';
import type { Conversation } from '../socket/open-socket.ts';
import type { Outbox } from '../socket/outbox.ts';
import type { EventStream } from '../socket/outbox-queue.ts';
import type { SocketRoute } from '../socket/upgrade.ts';

export const TRACK_PATH = '/track';

/** The close code of a message that is no JSON (RFC 6455, section 7.4.1). */
const NOT_JSON = 1007;
/** Registered with IANA for a server that is overloaded. */
const TRY_AGAIN_LATER = 1013;

type Encode = (event: SentimentEvent) => Buffer;

/** What all sockets share. */
interface Surroundings {
  readonly multiplexer: Multiplexer;
  readonly encode: Encode;
}

export function createTrackSocket({ multiplexer, auth }: Shared): SocketRoute {
  const surroundings = { multiplexer, encode: onceForEach(encodeEvent) };
  return {
    path: TRACK_PATH,
    floodCode: TRY_AGAIN_LATER,
    ...(auth.isRequired && { admit: (request) => auth.check(tokenOf(request), HOW) }),
    serve: (socket, outbox, _request, client) =>
      new TrackConversation(surroundings, socket, outbox, client),
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

class TrackConversation implements Conversation {
  readonly #surroundings: Surroundings;
  readonly #socket: WebSocket;
  readonly #outbox: Outbox;
  readonly #work: Work;
  readonly #unwatch: (() => void) | undefined;
  #following: Following | undefined;

  constructor(
    surroundings: Surroundings,
    socket: WebSocket,
    outbox: Outbox,
    { pass, work }: Client,
  ) {
    this.#surroundings = surroundings;
    this.#socket = socket;
    this.#outbox = outbox;
    this.#work = work;
    // Most tokens never expire, and cost nothing to watch.
    if (pass === UNLIMITED) return;
    this.#unwatch = pass.onExpiry(() => this.#close(POLICY_VIOLATION, EXPIRED.message));
  }

  message(text: string): void {
    const overdrawn = this.#work.overdrawn();
    if (overdrawn) return void this.end(overdrawn.error);
    this.#work.charge(PRICES.operation);
    const query = readMessage(text);
    if (query === NOT_JSON) return void this.#close(NOT_JSON, `Not JSON; ${EXAMPLE}`);
    if (query === POLICY_VIOLATION) {
      return void this.#close(POLICY_VIOLATION, `No string "track" in the message; ${EXAMPLE}`);
    }
    if (query.trim() === '') return void this.#follow(undefined);
    const track = parseTrack(query);
    if (track instanceof UserError) return void this.#close(POLICY_VIOLATION, track.message);
    this.#follow(track);
  }

  end(error?: UserError): void {
    if (error === undefined) this.#close(GOING_AWAY, GOING_AWAY_REASON);
    else {
      const code = error.code === 'LIMIT_REACHED' ? TRY_AGAIN_LATER : POLICY_VIOLATION;
      this.#close(code, error.message);
    }
  }

  closed(): void {
    this.#unwatch?.();
    this.#follow(undefined);
  }

  #close(code: number, reason: string): void {
    closeAfterAll(this.#socket, this.#outbox, code, reason);
    this.#follow(undefined);
  }

  #follow(track: Track | undefined): void {
    const last = this.#following;
    this.#following = undefined;
    if (track !== undefined) {
      const following = new Following(this, this.#outbox, this.#surroundings.encode);
      this.#following = following;
      following.listen(this.#surroundings.multiplexer, track);
    }
    // Last, so that the same query sent twice does not close its topic in between.
    last?.stop();
  }
}

/** One track of a socket. The frozen protocol has no place to report dropped events; the server counts them. */
class Following implements Listener, EventStream {
  readonly prefix = undefined;
  readonly suffix = NOTHING;
  readonly dropped = 0;
  readonly #conversation: TrackConversation;
  readonly #outbox: Outbox;
  readonly #encode: Encode;
  #stopListening: (() => void) | undefined;

  constructor(conversation: TrackConversation, outbox: Outbox, encode: Encode) {
    this.#conversation = conversation;
    this.#outbox = outbox;
    this.#encode = encode;
  }

  listen(multiplexer: Multiplexer, track: Track): void {
    this.#stopListening = multiplexer.listen(track, this);
  }

  event(event: SentimentEvent): void {
    this.#outbox.push(this, this.#encode(event), event.post);
  }

  end(error?: UserError): void {
    this.#conversation.end(error);
  }

  drop(): void {}

  tellDropped(payload: Buffer): Buffer {
    return payload;
  }

  stop(): void {
    this.#stopListening?.();
    this.#outbox.forget(this);
  }
}

const NOTHING: readonly number[] = [];

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
function onceForEach(encode: Encode): Encode {
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
