// The outbox of a WebSocket: the only thing that writes messages to it. All that a turn of the event
// loop has for a peer leaves in one write; for a peer that falls behind, a bounded number waits.

import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Clock } from '../clock.ts';
import { headerLength, MAX_HEADER_BYTES, writeHeader } from './frame.ts';
import type { Scratch } from './scratch.ts';

/** Events that wait for a peer that is behind, and their bytes; then the oldest go for each that comes. */
export const WAITING_EVENTS = 256;
export const WAITING_EVENT_BYTES = 1024 * 1024;
/** What may wait besides events: answers and protocol messages, in bytes. Nobody needs as much. */
export const WAITING_ANSWER_BYTES = 256 * 1024;
/** How long a peer may take nothing before it is cut, in milliseconds. */
export const STALLED_FOR = 10_000;

/** Why connections are cut, and what their peer did. */
export const CUTS = {
  stalled: 'takes nothing',
  flooding: 'asks for more than it takes',
  silent: 'answers no ping',
} as const;
export type Cut = keyof typeof CUTS;

/** Events of one subscription on a socket, each sent as `prefix` (if there is one) and payload. */
export interface EventStream {
  readonly prefix: Buffer | undefined;
  /** Events dropped since the last one that was sent. */
  readonly dropped: number;
  /** Counts an event that is dropped. */
  drop(payload: Buffer): void;
  /** What the next payload becomes when events before it were dropped; sets `dropped` to 0. */
  tellDropped(payload: Buffer): Buffer;
}

/** A message that waits. An answer is of no stream, and is never dropped. */
interface Message {
  payload: Buffer;
  readonly stream: EventStream | undefined;
  /** The one that came after it. */
  next: Message | undefined;
}

export interface OutboxOptions {
  readonly clock: Clock;
  readonly scratch: Scratch;
  /** Has `flush` called when the turn is over. */
  readonly atTurnEnd: (outbox: Outbox) => void;
  /** Called for each event dropped. */
  readonly onDrop: () => void;
  /** Called when a peer is cut that takes nothing, or asks for more than it takes. */
  readonly onCut: (why: Cut) => void;
}

/** The state of a WebSocket that is open, by the standard. */
const OPEN = 1;

export class Outbox {
  readonly #webSocket: WebSocket;
  /** The connection itself: frames are written to it whole, so the library's own don't mind. */
  readonly #socket: Duplex;
  readonly #options: OutboxOptions;
  /** What waits: a chain, since most often it is one message, gone with the turn. */
  #oldest: Message | undefined;
  #newest: Message | undefined;
  #count = 0;
  #eventBytes = 0;
  #answerBytes = 0;
  #scheduled = false;
  #cancelCut: (() => void) | undefined;

  constructor(webSocket: WebSocket, socket: Duplex, options: OutboxOptions) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#options = options;
    socket.on('drain', () => this.#caughtUp());
    webSocket.on('close', () => this.#release());
  }

  /** Whether the kernel has not yet taken what it was given. */
  get isBehind(): boolean {
    return this.#cancelCut !== undefined;
  }

  /** An event: waits its turn, or is dropped when too many newer ones come before the peer takes it. */
  push(stream: EventStream, payload: Buffer): void {
    this.#add(payload, stream);
    this.#eventBytes += payload.length;
    if (this.#isFull) {
      if (this.isBehind) this.#dropOldest();
      else this.flush();
    }
    this.#schedule();
  }

  /** An answer: never dropped, and in order with events. Who lets too many pile up is cut. */
  send(message: string): void {
    const payload = Buffer.from(message);
    this.#add(payload, undefined);
    this.#answerBytes += payload.length + MAX_HEADER_BYTES;
    if (this.#answerBytes > WAITING_ANSWER_BYTES) {
      this.flush();
      if (this.#answerBytes > WAITING_ANSWER_BYTES) this.#cut('flooding');
    }
    this.#schedule();
  }

  /** Drops what waits of `stream`, uncounted: nobody wants it any more. */
  forget(stream: EventStream): void {
    let before: Message | undefined;
    for (let message = this.#oldest; message !== undefined; message = message.next) {
      if (message.stream === stream) this.#remove(message, before);
      else before = message;
    }
  }

  /** Writes all that waits, now, unless the peer is behind. */
  flush(): void {
    this.#scheduled = false;
    if (this.#oldest === undefined || this.isBehind) return;
    if (this.#webSocket.readyState !== OPEN) {
      this.#empty();
      return;
    }
    const { clock, scratch } = this.#options;
    const taken = this.#socket.write(assemble(this.#oldest, scratch));
    if (this.#socket.writableLength > 0) scratch.keep();
    this.#empty();
    if (taken) return;
    this.#cancelCut = clock.after(STALLED_FOR, () => this.#cut('stalled'));
  }

  get #isFull(): boolean {
    return this.#count > WAITING_EVENTS || this.#eventBytes > WAITING_EVENT_BYTES;
  }

  #add(payload: Buffer, stream: EventStream | undefined): void {
    const message = { payload, stream, next: undefined };
    if (this.#newest === undefined) this.#oldest = message;
    else this.#newest.next = message;
    this.#newest = message;
    this.#count += 1;
  }

  #remove(message: Message, before: Message | undefined): void {
    if (before === undefined) this.#oldest = message.next;
    else before.next = message.next;
    if (message === this.#newest) this.#newest = before;
    this.#count -= 1;
    if (message.stream !== undefined) this.#eventBytes -= message.payload.length;
  }

  #schedule(): void {
    if (this.#scheduled || this.isBehind || this.#oldest === undefined) return;
    this.#scheduled = true;
    this.#options.atTurnEnd(this);
  }

  #caughtUp(): void {
    this.#cancelCut?.();
    this.#cancelCut = undefined;
    this.flush();
  }

  /** Drops events, the oldest first, until there is room or none is left. */
  #dropOldest(): void {
    let before: Message | undefined;
    for (let message = this.#oldest; message !== undefined; message = message.next) {
      if (!this.#isFull) return;
      if (message.stream === undefined) {
        before = message;
        continue;
      }
      this.#remove(message, before);
      message.stream.drop(message.payload);
      this.#options.onDrop();
    }
  }

  #cut(why: Cut): void {
    this.#options.onCut(why);
    this.#release();
    this.#webSocket.terminate();
  }

  #release(): void {
    this.#cancelCut?.();
    this.#cancelCut = undefined;
    this.#empty();
  }

  #empty(): void {
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#count = 0;
    this.#eventBytes = 0;
    this.#answerBytes = 0;
  }
}

/** The messages from `oldest` on as the bytes of their frames, in a row. */
function assemble(oldest: Message, scratch: Scratch): Buffer {
  let total = 0;
  for (let message: Message | undefined = oldest; message; message = message.next) {
    const length = lengthOf(tell(message));
    total += headerLength(length) + length;
  }
  const bytes = scratch.take(total);
  let at = 0;
  for (let message: Message | undefined = oldest; message; message = message.next) {
    const { stream, payload } = message;
    at = writeHeader(bytes, at, lengthOf(message));
    const prefix = stream?.prefix;
    if (prefix !== undefined) {
      bytes.set(prefix, at);
      at += prefix.length;
    }
    bytes.set(payload, at);
    at += payload.length;
  }
  return bytes;
}

/** The message, which says how many events were dropped before it if any were. */
function tell(message: Message): Message {
  const { stream, payload } = message;
  if (stream === undefined || stream.dropped === 0) return message;
  message.payload = stream.tellDropped(payload);
  return message;
}

function lengthOf({ stream, payload }: Message): number {
  return payload.length + (stream?.prefix?.length ?? 0);
}
