// Pings as marks in the bytes that go to a WebSocket. The pong of a mark proves that the peer has read everything before
// it. The kernel proves nothing: it takes megabytes for a peer that reads nothing.

import { randomInt } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** Bytes from one mark to the next, plus up to a message. */
const MARK_EVERY = 64 * 1024;
/**
 * Unanswered marks that stop further writes. A peer so has about 1 MiB in flight, which makes 5 MB/s over a line with a
 * round trip of 200 ms.
 */
const MAX_UNANSWERED = 16;
/** Names to choose from for a mark, so many that a peer cannot guess one without reading it. */
const NAMES = 2 ** 48 - 1;
/** The first byte of a whole ping (RFC 6455, section 5.2). */
const PING = 0x89;

export class PingMarks {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  /** The names of unanswered marks, the oldest first. */
  readonly #awaited: string[] = [];
  #answered = 0;
  /** Bytes written since the last mark. */
  #bytes = 0;

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket;
    this.#socket = socket;
  }

  /** How many marks the peer has answered. */
  get answered(): number {
    return this.#answered;
  }

  /** Whether the peer has still to answer a mark. */
  get areAwaited(): boolean {
    return this.#awaited.length > 0;
  }

  /** Whether the server waits for the peer to read before it writes more. */
  get areFull(): boolean {
    return this.#awaited.length >= MAX_UNANSWERED;
  }

  /** Bytes that may be written before the next mark is due. */
  get room(): number {
    return MARK_EVERY - this.#bytes;
  }

  /** Counts written bytes, and sends a mark after every MARK_EVERY. */
  count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes >= MARK_EVERY) this.send();
  }

  send(): void {
    this.#bytes = 0;
    const name = String(randomInt(NAMES));
    this.#awaited.push(name);
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    // In one write, which takes half the time of a ping of the library.
    this.#socket.write(Buffer.from([PING, name.length, ...Buffer.from(name)]));
  }

  /** Whether a pong answers a mark. One pong may answer several, and peers may send pongs unasked. */
  answer(pong: Buffer): boolean {
    const answered = this.#awaited.indexOf(String(pong)) + 1;
    if (answered === 0) return false;
    this.#awaited.splice(0, answered);
    this.#answered += answered;
    return true;
  }
}
