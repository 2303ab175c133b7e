// The outbox of a WebSocket: the only thing that writes messages to it. All that a turn of the event
// loop has for a peer leaves in one write; for a peer that falls behind, a bounded number waits.

import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Clock } from '../../base/clock.ts';
import { isTooMuch } from '../../stream/room.ts';
import type { Eviction, Telemetry } from '../../stream/telemetry.ts';
import { assemble, type EventStream, endWithin, lengthOf, type Message } from './outbox-queue.ts';
import { PingMarks } from './ping-marks.ts';
import { MAX_HEADER_BYTES } from './text-frame.ts';
import type { WriteBuffer } from './write-buffer.ts';

/** What may wait besides events: answers and protocol messages, in bytes. Nobody needs as much. */
const WAITING_ANSWER_BYTES = 256 * 1024;
/** How long a peer may take nothing before it is cut, in milliseconds. */
export const STALLED_FOR = 10_000;

export interface OutboxOptions {
  readonly clock: Clock;
  readonly writeBuffer: WriteBuffer;
  /** Has `flush` called when the turn is over. */
  readonly atTurnEnd: (outbox: Outbox) => void;
  readonly telemetry: Pick<Telemetry, 'dropped' | 'evicted'>;
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
  #events = 0;
  #eventBytes = 0;
  #answerBytes = 0;
  #scheduled = false;
  #cancelCut: (() => void) | undefined;
  /** When the peer fell behind what was there for it; undefined while nothing waits. */
  #behindSince: number | undefined;
  readonly #marks: PingMarks;

  constructor(webSocket: WebSocket, socket: Duplex, options: OutboxOptions) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#options = options;
    this.#marks = new PingMarks(webSocket);
    socket.on('drain', () => this.#progressed());
    webSocket.on('close', () => this.#release());
  }

  /** Whether the outbox waits for the kernel or the peer before it writes more. */
  get isBehind(): boolean {
    return this.#cancelCut !== undefined;
  }

  /** PingMarks in what was written, whose answers show how far the peer has read. */
  get marks(): PingMarks {
    return this.#marks;
  }

  /** Takes a pong of the peer; false if nothing asked for it. */
  answer(pong: Buffer): boolean {
    if (!this.#marks.answer(pong)) return false;
    if (this.isBehind) this.#progressed();
    return true;
  }

  /** An event: waits its turn, or is dropped when too many newer ones come before the peer takes it. */
  push(stream: EventStream, payload: Buffer): void {
    this.#add({ payload, stream, next: undefined });
    if (isTooMuch(this.#events, this.#eventBytes)) this.#makeRoom();
    this.#schedule();
  }

  /** An answer: never dropped while the socket is open, and in order with events. Who lets too many pile up is cut. */
  send(message: string): void {
    this.#add({ payload: Buffer.from(message), stream: undefined, next: undefined });
    if (this.#answerBytes > WAITING_ANSWER_BYTES) {
      this.flush();
      if (this.#answerBytes > WAITING_ANSWER_BYTES) this.#evict('flooding');
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
    while (this.#oldest !== undefined && !this.isBehind) {
      if (this.#webSocket.readyState !== OPEN) this.#empty();
      else if (!this.#writePiece(this.#oldest)) this.#fallBehind();
    }
  }

  /**
   * Writes all that waits, since nothing follows but the close of the socket: to a peer that is behind only
   * the answers, which say why, so that it comes to them before it is cut.
   */
  finish(): void {
    if (this.isBehind) this.#drop(() => true);
    while (this.#oldest !== undefined && this.#webSocket.readyState === OPEN) {
      this.#writePiece(this.#oldest);
    }
  }

  /** Writes what waits from `oldest` on, up to the next mark; returns whether more may be written. */
  #writePiece(oldest: Message): boolean {
    const { writeBuffer } = this.#options;
    const end = endWithin(this.#marks.room, oldest);
    if (end === undefined) this.#empty();
    else while (this.#oldest !== undefined && this.#oldest !== end) this.#remove(this.#oldest);
    const bytes = assemble(oldest, end, writeBuffer);
    this.#socket.write(bytes);
    if (this.#socket.writableLength > 0) writeBuffer.keep(bytes);
    this.#marks.count(bytes.length);
    return this.#mayWrite;
  }

  get #mayWrite(): boolean {
    return !this.#socket.writableNeedDrain && !this.#marks.areFull;
  }

  /** Writes what may be written, and drops the oldest events if too many are left. */
  #makeRoom(): void {
    if (!this.isBehind) this.flush();
    const { clock } = this.#options;
    const behindFor = clock.monotonic() - (this.#behindSince ?? Number.NEGATIVE_INFINITY);
    this.#drop(() => isTooMuch(this.#events, this.#eventBytes, behindFor));
  }

  #add(message: Message): void {
    this.#count(message, 1);
    if (this.#newest === undefined) this.#oldest = message;
    else this.#newest.next = message;
    this.#newest = message;
  }

  #remove(message: Message, before?: Message): void {
    const { next } = message;
    if (before === undefined) this.#oldest = next;
    else before.next = next;
    if (next === undefined) this.#newest = before;
    this.#count(message, -1);
  }

  #count(message: Message, sign: 1 | -1): void {
    const bytes = lengthOf(message);
    if (message.stream === undefined) {
      this.#answerBytes += sign * (bytes + MAX_HEADER_BYTES);
    } else {
      this.#events += sign;
      this.#eventBytes += sign * bytes;
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.isBehind || this.#oldest === undefined) return;
    this.#scheduled = true;
    this.#options.atTurnEnd(this);
  }

  #fallBehind(): void {
    const { clock } = this.#options;
    this.#behindSince ??= clock.monotonic();
    this.#cancelCut = clock.after(STALLED_FOR, () => this.#evict('stalled'));
  }

  #keepUp(): void {
    this.#cancelCut?.();
    this.#cancelCut = undefined;
  }

  /** The kernel or the peer has taken something, so that the time to take the next begins anew. */
  #progressed(): void {
    if (this.#webSocket.readyState !== OPEN) {
      this.#release();
      return;
    }
    this.#keepUp();
    if (this.#mayWrite) this.flush();
    else this.#fallBehind();
    if (!this.isBehind) this.#behindSince = undefined;
  }

  /** Drops events, the oldest first, as long as `isTooMuch` says so. */
  #drop(isTooMuch: () => boolean): void {
    let before: Message | undefined;
    for (let message = this.#oldest; message !== undefined; message = message.next) {
      if (!isTooMuch()) return;
      if (message.stream === undefined) {
        before = message;
        continue;
      }
      this.#remove(message, before);
      message.stream.drop(message.payload);
      this.#options.telemetry.dropped();
    }
  }

  #evict(why: Eviction): void {
    this.#options.telemetry.evicted(why);
    this.#release();
    this.#webSocket.terminate();
  }

  /** Nothing is sent any more; events that a peer was too slow to take count as dropped. */
  #release(): void {
    if (this.isBehind) this.#drop(() => true);
    this.#keepUp();
    this.#empty();
  }

  #empty(): void {
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#events = 0;
    this.#eventBytes = 0;
    this.#answerBytes = 0;
  }
}
