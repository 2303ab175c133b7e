// Subscriptions over HTTP, each as one response that goes on: Server-Sent Events, by the GraphQL over SSE protocol in
// its distinct connections mode, or parts, by Apollo's multipart subscription protocol.

import type { ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import type { UserError } from '../../base/user-error.ts';
import type { Client } from '../access/auth.ts';
import { closedWithin } from '../socket/close.ts';
import { type Drain, STOPPING } from '../socket/drain.ts';
import { Outbox, type OutboxOptions, type Wire } from '../socket/outbox.ts';
import type { Framing } from '../socket/outbox-queue.ts';
import { EVENT_STREAM, MULTIPART, type StreamType } from './accept.ts';
import type { Opened } from './broadcast.ts';
import { toGraphQLError } from './masked-errors.ts';
import type { EncodedResult } from './selection.ts';
import { type Feeding, Subscription } from './subscription.ts';

const HEADERS = {
  'cache-control': 'no-cache',
  'content-encoding': 'none',
};
/** Something this often keeps proxies from closing a quiet stream, in milliseconds. */
const HEARTBEAT_EVERY_MS = 12_000;
/** How long a peer may take for its last events when the server stops, in milliseconds. */
const LEAVE_WITHIN_MS = 2000;
/** Written at once. The stall timeout sees progress only between writes. */
const PIECE_BYTES = 64 * 1024;

/** How a stream looks on the wire. */
interface StreamFormat {
  readonly contentType: string;
  /** Sent at once. Some browsers wait for the first bytes before they report the response. */
  readonly opening: string;
  /** Around the payload of an event. */
  readonly prefix: Buffer;
  readonly suffix: readonly number[];
  payloadOf(result: EncodedResult): Buffer;
  /** Clients ignore it. */
  readonly heartbeat: string;
  /** The last message of a stream that ends with errors, which are JSON. */
  errors(json: string): string;
  readonly closing: string;
  /** Ends a stream because the server stops, so that clients subscribe again; `closing` would tell them not to. */
  readonly leaving: string;
}

const COMMENT = ':\n\n';
/** A part begins after the delimiter of the one before it, since clients read a part once they see the next one. */
const DELIMITER = '\r\n--graphql';
const PART = '\r\ncontent-type: application/json\r\n\r\n';

const CLOSING = '--\r\n';

function errorsPart(json: string): string {
  return `${PART}{"payload":null,"errors":${json}}${DELIMITER}`;
}

const FORMATS: Readonly<Record<StreamType, StreamFormat>> = {
  [EVENT_STREAM]: {
    contentType: EVENT_STREAM,
    opening: COMMENT,
    prefix: Buffer.from('event: next\n'),
    suffix: [...Buffer.from('\n\n')],
    payloadOf: ({ withId }) => withId,
    heartbeat: COMMENT,
    errors: (json) => `event: next\ndata: {"errors":${json}}\n\n`,
    closing: 'event: complete\ndata:\n\n',
    leaving: '',
  },
  [MULTIPART]: {
    contentType: `${MULTIPART};boundary="graphql";subscriptionSpec=1.0`,
    opening: DELIMITER,
    prefix: Buffer.from(`${PART}{"payload":`),
    suffix: [...Buffer.from(`}${DELIMITER}`)],
    payloadOf: ({ json }) => json,
    heartbeat: `${PART}{}${DELIMITER}`,
    errors: errorsPart,
    closing: CLOSING,
    leaving: errorsPart(`[{"message":"${STOPPING}; subscribe again."}]`) + CLOSING,
  },
};

export type HttpStreams = ReturnType<typeof createHttpStreams>;

export function createHttpStreams(feeding: Feeding, options: OutboxOptions) {
  const { clock } = options;
  const open = new Set<HttpSubscription>();
  return {
    /** How many streams of that type are open. */
    count: (type: StreamType) => [...open].filter(({ format }) => format === FORMATS[type]).length,
    /** One for each open stream: ends it after the events that wait, or by force if the peer stalls. */
    drains: (): readonly Drain[] =>
      [...open].map((subscription) => () => subscription.leave(clock)),
    /** Answers with the events of a subscription, until it ends or the client leaves. */
    serve(opened: Opened, type: StreamType, response: ServerResponse, { pass }: Client): void {
      if (response.destroyed) {
        opened.release();
        return;
      }
      const format = FORMATS[type];
      response.writeHead(200, { 'content-type': format.contentType, ...HEADERS });
      const outbox = new Outbox(new ResponseWire(response), options);
      const subscription = new HttpSubscription(opened, format, outbox, response);
      const cancel = keepAlive(outbox, format, clock);
      open.add(subscription);
      response.on('drain', () => outbox.progressed());
      response.once('close', () => {
        cancel();
        open.delete(subscription);
        outbox.closed();
        subscription.end();
      });
      outbox.send(format.opening);
      outbox.flush();
      subscription.listen(opened, feeding, pass);
    },
  };
}

class HttpSubscription extends Subscription {
  readonly format: StreamFormat;
  readonly #outbox: Outbox;
  readonly #response: ServerResponse;
  #isLeaving = false;

  constructor(opened: Opened, format: StreamFormat, outbox: Outbox, response: ServerResponse) {
    super(format, opened, outbox);
    this.format = format;
    this.#outbox = outbox;
    this.#response = response;
  }

  protected override payloadOf(result: EncodedResult): Buffer {
    return this.format.payloadOf(result);
  }

  protected override ended(error: UserError | undefined): void {
    if (this.#response.destroyed) return;
    const { errors, closing, leaving } = this.format;
    if (error !== undefined) this.#outbox.send(errors(JSON.stringify([toGraphQLError(error)])));
    this.#outbox.send(this.#isLeaving ? leaving : closing);
    // An earlier end would drop the events that still wait, and allow a stalled peer more time.
    this.#outbox.whenWritten(() => this.#response.end());
  }

  /** Ends because the server stops, and resolves once the peer has everything or its time is up. */
  async leave(clock: Clock): Promise<void> {
    const response = this.#response;
    if (response.closed) return;
    const closed = closedWithin(clock, LEAVE_WITHIN_MS, response, () => response.destroy());
    this.#isLeaving = true;
    this.end();
    await closed;
  }
}

function keepAlive(outbox: Outbox, { heartbeat }: StreamFormat, clock: Clock): () => void {
  let cancel = clock.after(HEARTBEAT_EVERY_MS, beat);
  function beat(): void {
    if (!outbox.isBehind) outbox.send(heartbeat);
    cancel = clock.after(HEARTBEAT_EVERY_MS, beat);
  }
  return () => cancel();
}

/** The text of a stream needs no frames. */
const UNFRAMED: Framing = { headerLength: () => 0, writeHeader: (_bytes, at) => at };

class ResponseWire implements Wire {
  readonly framing = UNFRAMED;
  readonly room = PIECE_BYTES;
  /** The stall timeout of HTTP watches every response. */
  readonly isWatched = true;
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get isOpen(): boolean {
    return !this.#response.destroyed && !this.#response.writableEnded;
  }

  get mayWrite(): boolean {
    return !this.#response.writableNeedDrain;
  }

  /** Node writes a chunk at the end of the tick, so its memory is not free yet. */
  write(bytes: Buffer): boolean {
    this.#response.write(bytes);
    return false;
  }

  terminate(): void {
    this.#response.destroy();
  }
}
