// Subscriptions over Server-Sent Events, by the GraphQL over SSE protocol in its distinct connections mode.

import type { ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import type { UserError } from '../../base/user-error.ts';
import type { Client } from '../access/auth.ts';
import { closedWithin } from '../socket/close.ts';
import type { Drain } from '../socket/drain.ts';
import { Outbox, type OutboxOptions, type Wire } from '../socket/outbox.ts';
import type { Framing } from '../socket/outbox-queue.ts';
import { EVENT_STREAM } from './accept.ts';
import type { Opened } from './broadcast.ts';
import { toGraphQLError } from './masked-errors.ts';
import type { EncodedResult } from './selection.ts';
import { type Feeding, Subscription } from './subscription.ts';

const HEADERS = {
  'content-type': EVENT_STREAM,
  connection: 'keep-alive',
  'cache-control': 'no-cache',
  'content-encoding': 'none',
};
/** A comment, which clients ignore. Some browsers wait for the first bytes before they report the response. */
const COMMENT = ':\n\n';
/** A comment this often keeps proxies from closing a quiet stream, in milliseconds. */
const COMMENT_EVERY_MS = 12_000;
/** How long a peer may take for its last events when the server stops, in milliseconds. */
const LEAVE_WITHIN_MS = 2000;
const PREFIX = Buffer.from('event: next\n');
const SUFFIX = [...Buffer.from('\n\n')];
/** Written at once. The stall timeout sees progress only between writes. */
const PIECE_BYTES = 64 * 1024;
const COMPLETE = 'event: complete\ndata:\n\n';

export type SseStreams = ReturnType<typeof createSseStreams>;

export function createSseStreams(feeding: Feeding, options: OutboxOptions) {
  const { clock } = options;
  const open = new Set<SseSubscription>();
  return {
    /** How many streams are open. */
    count: () => open.size,
    /** One for each open stream: completes it after the events that wait, or by force if the peer stalls. */
    drains: (): readonly Drain[] =>
      [...open].map((subscription) => () => subscription.leave(clock)),
    /** Answers with the events of a subscription, until it ends or the client leaves. */
    serve(opened: Opened, response: ServerResponse, { pass }: Client): void {
      if (response.destroyed) {
        opened.release();
        return;
      }
      response.writeHead(200, HEADERS);
      const outbox = new Outbox(new ResponseWire(response), options);
      const subscription = new SseSubscription(opened, outbox, response);
      const cancel = keepAlive(outbox, clock);
      open.add(subscription);
      response.on('drain', () => outbox.progressed());
      response.once('close', () => {
        cancel();
        open.delete(subscription);
        outbox.closed();
        subscription.end();
      });
      outbox.send(COMMENT);
      outbox.flush();
      subscription.listen(opened, feeding, pass);
    },
  };
}

class SseSubscription extends Subscription {
  readonly #outbox: Outbox;
  readonly #response: ServerResponse;

  constructor(opened: Opened, outbox: Outbox, response: ServerResponse) {
    super({ prefix: PREFIX, suffix: SUFFIX }, opened, outbox);
    this.#outbox = outbox;
    this.#response = response;
  }

  protected override payloadOf({ withId }: EncodedResult): Buffer {
    return withId;
  }

  protected override ended(error: UserError | undefined): void {
    if (this.#response.destroyed) return;
    if (error !== undefined) {
      const result = JSON.stringify({ errors: [toGraphQLError(error)] });
      this.#outbox.send(`${PREFIX}data: ${result}\n\n`);
    }
    this.#outbox.send(COMPLETE);
    // An earlier end would drop the events that still wait, and allow a stalled peer more time.
    this.#outbox.whenWritten(() => this.#response.end());
  }

  /** Ends, and resolves once the peer has everything or its time is up. */
  async leave(clock: Clock): Promise<void> {
    const response = this.#response;
    if (response.closed) return;
    const closed = closedWithin(clock, LEAVE_WITHIN_MS, response, () => response.destroy());
    this.end();
    await closed;
  }
}

function keepAlive(outbox: Outbox, clock: Clock): () => void {
  let cancel = clock.after(COMMENT_EVERY_MS, comment);
  function comment(): void {
    if (!outbox.isBehind) outbox.send(COMMENT);
    cancel = clock.after(COMMENT_EVERY_MS, comment);
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
