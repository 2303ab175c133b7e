// A WebSocket as the connection of an outbox. Frames are written to its socket whole, past the library.

import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Wire } from './outbox.ts';
import { PingMarks } from './ping-marks.ts';
import { TEXT_FRAMES } from './text-frame.ts';

export class SocketWire implements Wire {
  readonly framing = TEXT_FRAMES;
  readonly isWatched = false;
  /** Marks in what was written, whose answers show how far the peer has read. */
  readonly marks: PingMarks;
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.marks = new PingMarks(webSocket, socket);
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  get mayWrite(): boolean {
    return !this.#socket.writableNeedDrain && !this.marks.areFull;
  }

  get room(): number {
    return this.marks.room;
  }

  write(bytes: Buffer): boolean {
    this.#socket.write(bytes);
    this.marks.count(bytes.length);
    return this.#socket.writableLength === 0;
  }

  terminate(): void {
    this.#webSocket.terminate();
  }
}
