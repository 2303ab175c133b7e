// Evicts sockets whose peer has vanished without a close, as when a laptop is shut.

import type { WebSocket } from 'ws';
import type { Clock } from '../../base/clock.ts';
import type { Telemetry } from '../../stream/telemetry.ts';
import type { PingMarks } from './ping-marks.ts';

/** The time between two pings, and how long a peer may take to answer one, in milliseconds. */
export const PING_EVERY = 5_000;
export const PONG_WITHIN = 10_000;
/** The precision of both. One sweep over all sockets is cheaper than a timer for each. */
const SWEEP_EVERY = 250;
/** Sockets that connect together are pinged in so many sweeps, so that no tick sends thousands of pings. */
const SWEEPS = PING_EVERY / SWEEP_EVERY;
/** In place of a number of marks: the peer had none to answer. */
const NONE = -1;

interface Pulse {
  readonly marks: PingMarks;
  /** How many marks the peer had answered when the time for the next began, or `NONE`. */
  answered: number;
  /** When to ping again or to give up, by the monotonic clock. */
  due: number;
}

export class Heartbeat {
  readonly #clock: Clock;
  readonly #telemetry: Pick<Telemetry, 'evicted'>;
  readonly #pulses = new Map<WebSocket, Pulse>();
  #watched = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, telemetry: Pick<Telemetry, 'evicted'>) {
    this.#clock = clock;
    this.#telemetry = telemetry;
  }

  /** Watches `socket` until it closes. */
  watch(socket: WebSocket, marks: PingMarks): void {
    this.#pulses.set(socket, {
      marks,
      answered: NONE,
      due: this.#clock.monotonic() + PING_EVERY - (this.#watched % SWEEPS) * SWEEP_EVERY,
    });
    this.#watched += 1;
    socket.on('close', () => this.#forget(socket));
    this.#cancel ??= this.#clock.after(SWEEP_EVERY, () => this.#sweep());
  }

  /** The peer of `socket` has answered a mark. */
  answered(socket: WebSocket): void {
    const pulse = this.#pulses.get(socket);
    if (pulse === undefined) return;
    if (pulse.marks.areAwaited) this.#await(pulse);
    else {
      pulse.answered = NONE;
      pulse.due = this.#clock.monotonic() + PING_EVERY;
    }
  }

  #sweep(): void {
    this.#cancel = this.#clock.after(SWEEP_EVERY, () => this.#sweep());
    const now = this.#clock.monotonic();
    for (const [socket, pulse] of this.#pulses) {
      if (now < pulse.due) continue;
      const { marks } = pulse;
      if (!marks.areAwaited) marks.send();
      if (pulse.answered !== marks.answered) {
        this.#await(pulse);
        continue;
      }
      this.#pulses.delete(socket);
      this.#telemetry.evicted('silent');
      socket.terminate();
    }
  }

  /** Gives the peer time to answer one more mark. */
  #await(pulse: Pulse): void {
    pulse.answered = pulse.marks.answered;
    pulse.due = this.#clock.monotonic() + PONG_WITHIN;
  }

  #forget(socket: WebSocket): void {
    this.#pulses.delete(socket);
    if (this.#pulses.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
