// Finds sockets whose peer is gone without a word, as when a laptop is shut.

import type { WebSocket } from 'ws';
import type { Clock } from '../clock.ts';
import type { Cut, Outbox } from './outbox.ts';

/** How long a socket is left alone between two pings, and how long it may take to answer one. */
export const PING_EVERY = 5_000;
export const PONG_WITHIN = 10_000;
/** How exact both are. One look at all sockets is cheaper than a timer for each. */
const LOOK_EVERY = 250;
/** Sockets that come together are pinged in so many looks, so that no turn has thousands of pings. */
const LOOKS = PING_EVERY / LOOK_EVERY;

/** Knows whether a peer reads. */
type Progress = Pick<Outbox, 'timesCaughtUp'>;

interface Pulse {
  readonly progress: Progress;
  /** As it was when the last ping went, or when it was last found to have grown. */
  timesCaughtUp: number;
  /** How many pings were sent; each carries its number. */
  sent: number;
  isAnswered: boolean;
  /** When to ping again, or when to give up, on the monotonic clock. */
  due: number;
}

/** Pings every socket that it watches, and ends those that do not answer. */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #onCut: (why: Cut) => void;
  readonly #pulses = new Map<WebSocket, Pulse>();
  #watched = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, onCut: (why: Cut) => void) {
    this.#clock = clock;
    this.#onCut = onCut;
  }

  /** Watches `socket` until it closes. */
  watch(socket: WebSocket, progress: Progress): void {
    this.#pulses.set(socket, {
      progress,
      timesCaughtUp: 0,
      sent: 0,
      isAnswered: true,
      due: this.#clock.monotonic() + PING_EVERY - (this.#watched % LOOKS) * LOOK_EVERY,
    });
    this.#watched += 1;
    socket.on('pong', (data) => this.#answered(socket, String(data)));
    socket.on('close', () => this.#forget(socket));
    this.#cancel ??= this.#clock.after(LOOK_EVERY, () => this.#look());
  }

  #look(): void {
    this.#cancel = this.#clock.after(LOOK_EVERY, () => this.#look());
    const now = this.#clock.monotonic();
    for (const [socket, pulse] of this.#pulses) {
      if (now < pulse.due) continue;
      const { timesCaughtUp } = pulse.progress;
      if (!pulse.isAnswered) {
        if (timesCaughtUp !== pulse.timesCaughtUp) {
          // A slow reader that lives: the ping stands behind all that it has not read yet.
          pulse.timesCaughtUp = timesCaughtUp;
          pulse.due = now + PONG_WITHIN;
          continue;
        }
        this.#pulses.delete(socket);
        this.#onCut('silent');
        socket.terminate();
        continue;
      }
      pulse.sent += 1;
      pulse.isAnswered = false;
      pulse.timesCaughtUp = timesCaughtUp;
      pulse.due = now + PONG_WITHIN;
      socket.ping(String(pulse.sent));
    }
  }

  #answered(socket: WebSocket, data: string): void {
    const pulse = this.#pulses.get(socket);
    // Only the answer to the last ping counts; anybody can send pongs unasked.
    if (pulse === undefined || pulse.isAnswered || data !== String(pulse.sent)) return;
    pulse.isAnswered = true;
    pulse.due = this.#clock.monotonic() + PING_EVERY;
  }

  #forget(socket: WebSocket): void {
    this.#pulses.delete(socket);
    if (this.#pulses.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
