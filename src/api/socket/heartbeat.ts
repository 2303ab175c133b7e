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
/**
 * Sockets that connect together get their first pings in so many sweeps, so that no tick sends thousands. None comes
 * within PING_EVERY, so that pings do not add to the work of a rush.
 */
const SWEEPS = PING_EVERY / SWEEP_EVERY;
/** In place of a number of marks: the peer had none to answer. */
const NONE = -1;

/** The signs of life of a socket. */
export interface Pulse {
  readonly socket: WebSocket;
  readonly marks: PingMarks;
  /** How many marks the peer had answered when the time for the next began, or `NONE`. */
  answered: number;
  /** When to ping again or to give up, by the monotonic clock. */
  due: number;
}

export type Heartbeat = ReturnType<typeof createHeartbeat>;

export function createHeartbeat(clock: Clock, telemetry: Pick<Telemetry, 'evicted'>) {
  const pulses = new Set<Pulse>();
  let watched = 0;
  let cancel: (() => void) | undefined;

  /** Gives the peer time to answer one more mark. */
  function waitFor(pulse: Pulse, now: number): void {
    pulse.answered = pulse.marks.answered;
    pulse.due = now + PONG_WITHIN;
  }

  function sweep(): void {
    cancel = clock.after(SWEEP_EVERY, sweep);
    const now = clock.monotonic();
    for (const pulse of pulses) if (now >= pulse.due) beat(pulse, now);
  }

  function beat(pulse: Pulse, now: number): void {
    const { marks, socket } = pulse;
    if (!marks.areAwaited) marks.send();
    if (pulse.answered !== marks.answered) {
      waitFor(pulse, now);
      return;
    }
    pulses.delete(pulse);
    telemetry.evicted('silent');
    socket.terminate();
  }

  return {
    /** Watches `socket` until `unwatch`. */
    watch(socket: WebSocket, marks: PingMarks): Pulse {
      const due = clock.monotonic() + PING_EVERY + (watched % SWEEPS) * SWEEP_EVERY;
      const pulse = { socket, marks, answered: NONE, due };
      pulses.add(pulse);
      watched += 1;
      cancel ??= clock.after(SWEEP_EVERY, sweep);
      return pulse;
    },
    unwatch(pulse: Pulse): void {
      pulses.delete(pulse);
      if (pulses.size > 0) return;
      cancel?.();
      cancel = undefined;
    },
    /** The peer has answered a mark. */
    answered(pulse: Pulse): void {
      const now = clock.monotonic();
      if (pulse.marks.areAwaited) waitFor(pulse, now);
      else {
        pulse.answered = NONE;
        pulse.due = now + PING_EVERY;
      }
    },
  };
}
