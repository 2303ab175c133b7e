// An open WebSocket, whatever protocol it speaks: its outbox, its pings and the rate of its messages.

import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { TimeSlices } from '../../base/time-slices.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import { closeAfterAll, closedWithin } from './close.ts';
import { GOING_AWAY, GOING_AWAY_REASON } from './drain.ts';
import type { Heartbeat, Pulse } from './heartbeat.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';
import type { PingMarks } from './ping-marks.ts';
import { SocketWire } from './socket-wire.ts';

/** What a protocol says on one socket. */
export interface Conversation {
  /** A message has come. No other one comes before the next tick, and none after the server has begun to close. */
  message(text: string): void;
  /** The socket has closed. */
  closed(): void;
}

export interface OpenSocketOptions extends OutboxOptions {
  readonly heartbeat: Heartbeat;
  readonly slices: TimeSlices;
  /** Pings and pongs are messages, too. */
  readonly maxMessagesPerSecond: number;
  /** The close code for a socket that sends more. */
  readonly floodCode: number;
  /** A socket sends more. */
  readonly onFlood: () => void;
  readonly onError: (error: Error) => void;
  /** All that are open. */
  readonly open: Set<OpenSocket>;
}

/** How many seconds' worth of messages may arrive at once. */
const BURST_SECONDS = 2;
/** Long messages cost more: each of so many bytes counts as a message. */
const BYTES_A_MESSAGE = 1024;
/** A message whose operation is rejected for its work counts as this many more messages. */
const REJECTED_MESSAGES = 9;

/** The property of a WebSocket, and of the connection under it, that leads to its OpenSocket. */
const OPENED = Symbol('opened');

interface Opened {
  [OPENED]?: OpenSocket;
}

function openedOf(emitter: Opened): OpenSocket {
  return emitter[OPENED] as OpenSocket;
}

/** What lives as long as the socket. The request is not part of it, so that its memory is freed. */
export class OpenSocket {
  /** Listeners that all sockets share. Their `this` is the emitter. */
  static readonly #listeners = {
    drain(this: object) {
      openedOf(this).outbox.progressed();
    },
    message(this: object, data: Buffer) {
      openedOf(this).#message(data);
    },
    ping(this: object, data: Buffer) {
      openedOf(this).#ping(data);
    },
    pong(this: object, data: Buffer) {
      openedOf(this).#pong(data);
    },
    close(this: object) {
      openedOf(this).#closed();
    },
  };

  readonly outbox: Outbox;
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  readonly #options: OpenSocketOptions;
  readonly #marks: PingMarks;
  readonly #pulse: Pulse;
  readonly #bucket: TokenBucket;
  #conversation: Conversation | undefined;
  /** Messages that wait for their turn. */
  #waiting = 0;

  constructor(webSocket: WebSocket & Opened, socket: Duplex & Opened, options: OpenSocketOptions) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#options = options;
    const wire = new SocketWire(webSocket, socket);
    this.outbox = new Outbox(wire, options);
    this.#marks = wire.marks;
    this.#pulse = options.heartbeat.watch(webSocket, wire.marks);
    const { maxMessagesPerSecond: rate, clock } = options;
    this.#bucket = new TokenBucket(rate, rate * BURST_SECONDS, clock.monotonic());
    options.open.add(this);
    webSocket[OPENED] = this;
    socket[OPENED] = this;
    const { drain, message, ping, pong, close } = OpenSocket.#listeners;
    socket.on('drain', drain);
    webSocket.on('error', options.onError);
    webSocket.on('message', message);
    webSocket.on('ping', ping);
    webSocket.on('pong', pong);
    webSocket.on('close', close);
  }

  /** Has `conversation` hear the messages from now on. */
  hear(conversation: Conversation | undefined): void {
    this.#conversation = conversation;
  }

  /** Closes with 1001, and by force if the peer does not answer within `ms` milliseconds. */
  async leave(ms: number): Promise<void> {
    const socket = this.#webSocket;
    if (socket.readyState === socket.CLOSED) return;
    closeAfterAll(socket, this.outbox, GOING_AWAY, GOING_AWAY_REASON);
    await closedWithin(this.#options.clock, ms, socket, () => socket.terminate());
  }

  #message(data: Buffer): void {
    this.#count(data);
    const text = String(data);
    this.#waiting += 1;
    // Reads nothing more meanwhile, so that what waits is bounded.
    if (this.#options.slices.run(() => this.#hear(text))) this.#webSocket.pause();
  }

  #hear(text: string): void {
    this.#waiting -= 1;
    if (this.#waiting === 0 && this.#webSocket.isPaused) this.#webSocket.resume();
    // A client that was told to leave is heard no more, however long its close takes.
    if (this.#isOpen) this.#conversation?.message(text);
  }

  #ping(data: Buffer): void {
    this.#count(data);
    // A peer that does not read falls behind by answers alone.
    if (!this.#socket.writableNeedDrain) this.#webSocket.pong(data);
  }

  #pong(data: Buffer): void {
    // A pong that no ping asked for is a message like any other.
    if (!this.#marks.answer(data)) return void this.#count(data);
    if (this.outbox.isBehind) this.outbox.progressed();
    this.#options.heartbeat.answered(this.#pulse);
  }

  /** An operation was rejected for its work. */
  rejected(): void {
    this.#take(REJECTED_MESSAGES);
  }

  #closed(): void {
    this.#options.open.delete(this);
    this.#options.heartbeat.unwatch(this.#pulse);
    this.outbox.closed();
    this.#conversation?.closed();
  }

  get #isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  #count({ length }: Buffer): void {
    this.#take(Math.max(1, length / BYTES_A_MESSAGE));
  }

  #take(messages: number): void {
    const { clock, floodCode, onFlood } = this.#options;
    if (!this.#isOpen || this.#bucket.take(clock.monotonic(), messages)) return;
    onFlood();
    closeAfterAll(this.#webSocket, this.outbox, floodCode, 'Too many messages; send fewer');
  }
}
