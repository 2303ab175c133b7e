// The outbox of a WebSocket: the only thing that writes messages to it. All that a turn of the event
// loop has for a peer leaves in one write; for a peer that falls behind, a bounded number waits.

import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Clock } from '../clock.ts';
import { headerLength, MAX_HEADER_BYTES, writeHeader } from './frame.ts';

/** Events that wait for a peer that is behind; then the oldest goes for each that comes. */
export const WAITING_EVENTS = 256;
/** What may wait besides events: answers and protocol messages, in bytes. Nobody needs as much. */
export const WAITING_ANSWER_BYTES = 256 * 1024;
/** How long a peer may take nothing before it is cut, in milliseconds. */
export const STALLED_FOR = 10_000;

/** Events of one subscription on a socket, each sent as `prefix`, payload, `suffix`. */
export interface EventStream {
  readonly prefix: Buffer;
  readonly suffix: Buffer;
  /** What the next payload becomes when `count` events before it were dropped. */
  readonly tellDropped: (payload: Buffer, count: number) => Buffer;
  /** Events dropped since the last one that was sent. */
  dropped: number;
}

export interface OutboxOptions {
  readonly clock: Clock;
  /** Has `flush` called when the turn is over. */
  readonly atTurnEnd: (outbox: Outbox) => void;
  /** Called for each event dropped. */
  readonly onDrop: () => void;
  /** Called when a peer is cut that takes nothing, or asks for more than it takes. */
  readonly onCut: (reason: string) => void;
}

export class Outbox {
  readonly #webSocket: WebSocket;
  /** The connection itself: frames are written to it whole, so the library's own don't mind. */
  readonly #socket: Duplex;
  readonly #options: OutboxOptions;
  /** What waits, and which stream it is of; an answer is of none, and is never dropped. */
  #payloads: Buffer[] = [];
  #streams: (EventStream | undefined)[] = [];
  #answerBytes = 0;
  #scheduled = false;
  #cancelCut: (() => void) | undefined;

  constructor(webSocket: WebSocket, socket: Duplex, options: OutboxOptions) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#options = options;
    socket.on('drain', () => this.#caughtUp());
    webSocket.once('close', () => this.#release());
  }

  /** Whether the kernel has not yet taken what it was given. */
  get isBehind(): boolean {
    return this.#cancelCut !== undefined;
  }

  /** An event: waits its turn, or is dropped when too many newer ones come before the peer takes it. */
  push(stream: EventStream, payload: Buffer): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    this.#payloads.push(payload);
    this.#streams.push(stream);
    if (this.#payloads.length > WAITING_EVENTS) {
      if (this.isBehind) this.#dropOldest();
      else this.flush();
    }
    this.#schedule();
  }

  /** An answer: never dropped, and in order with events. Who lets too many pile up is cut. */
  send(message: string): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    const payload = Buffer.from(message);
    this.#payloads.push(payload);
    this.#streams.push(undefined);
    this.#answerBytes += payload.length + MAX_HEADER_BYTES;
    if (this.#answerBytes > WAITING_ANSWER_BYTES) {
      this.flush();
      if (this.#answerBytes > WAITING_ANSWER_BYTES) this.#cut('asks for more than it takes');
    }
    this.#schedule();
  }

  /** Drops what waits of `stream`, uncounted: nobody wants it any more. */
  forget(stream: EventStream): void {
    for (
      let at = this.#streams.indexOf(stream);
      at !== -1;
      at = this.#streams.indexOf(stream, at)
    ) {
      this.#payloads.splice(at, 1);
      this.#streams.splice(at, 1);
    }
  }

  /** Writes all that waits, now, unless the peer is behind. */
  flush(): void {
    this.#scheduled = false;
    if (this.isBehind || this.#payloads.length === 0) return;
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    const taken = this.#socket.write(assemble(this.#payloads, this.#streams));
    this.#empty();
    if (taken) return;
    const { clock } = this.#options;
    this.#cancelCut = clock.after(STALLED_FOR, () => this.#cut('takes nothing'));
  }

  #schedule(): void {
    if (this.#scheduled || this.isBehind || this.#payloads.length === 0) return;
    this.#scheduled = true;
    this.#options.atTurnEnd(this);
  }

  #caughtUp(): void {
    this.#cancelCut?.();
    this.#cancelCut = undefined;
    this.flush();
  }

  #dropOldest(): void {
    const at = this.#streams.findIndex((stream) => stream !== undefined);
    const [stream] = at === -1 ? [] : this.#streams.splice(at, 1);
    if (stream === undefined) return;
    this.#payloads.splice(at, 1);
    stream.dropped += 1;
    this.#options.onDrop();
  }

  #cut(reason: string): void {
    this.#options.onCut(reason);
    this.#release();
    this.#webSocket.terminate();
  }

  #release(): void {
    this.#cancelCut?.();
    this.#empty();
  }

  #empty(): void {
    this.#payloads = [];
    this.#streams = [];
    this.#answerBytes = 0;
  }
}

function tell(stream: EventStream | undefined, payload: Buffer): Buffer {
  if (stream === undefined || stream.dropped === 0) return payload;
  const told = stream.tellDropped(payload, stream.dropped);
  stream.dropped = 0;
  return told;
}

/** Messages as the bytes of their frames, in a row. */
function assemble(
  payloads: readonly Buffer[],
  streams: readonly (EventStream | undefined)[],
): Buffer {
  const told = streams.some((stream) => stream !== undefined && stream.dropped > 0)
    ? payloads.map((payload, i) => tell(streams[i], payload))
    : payloads;
  let length = 0;
  for (let i = 0; i < told.length; i++) {
    const message = (told[i]?.length ?? 0) + around(streams[i]);
    length += headerLength(message) + message;
  }
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (let i = 0; i < told.length; i++) {
    const stream = streams[i];
    const payload = told[i] as Buffer;
    at = writeHeader(bytes, at, payload.length + around(stream));
    if (stream !== undefined) at += stream.prefix.copy(bytes, at);
    at += payload.copy(bytes, at);
    if (stream !== undefined) at += stream.suffix.copy(bytes, at);
  }
  return bytes;
}

function around(stream: EventStream | undefined): number {
  return stream === undefined ? 0 : stream.prefix.length + stream.suffix.length;
}
