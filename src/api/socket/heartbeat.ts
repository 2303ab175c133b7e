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

interface Pulse {
  readonly marks: PingMarks;
  /** How many marks the peer had answered when the time for the next began, or `NONE`. */
  answered: number;
  /** When to ping again or to give up, by the monotonic clock. */
  due: number;
}

export function createHeartbeat(clock: Clock, telemetry: Pick<Telemetry, 'evicted'>) {
  const pulses = new Map<WebSocket, Pulse>();
  let watched = 0;
  let cancel: (() => void) | undefined;

  /** Gives the peer time to answer one more mark. */
  function waitFor(pulse: Pulse): void {
    pulse.answered = pulse.marks.answered;
    pulse.due = clock.monotonic() + PONG_WITHIN;
  }

  function sweep(): void {
    cancel = clock.after(SWEEP_EVERY, sweep);
    const now = clock.monotonic();
    for (const [socket, pulse] of pulses) {
      if (now < pulse.due) continue;
      const { marks } = pulse;
      if (!marks.areAwaited) marks.send();
      if (pulse.answered !== marks.answered) {
        waitFor(pulse);
        continue;
      }
      pulses.delete(socket);
      telemetry.evicted('silent');
      socket.terminate();
    }
  }

  return {
    /** Watches `socket` until it closes. */
    watch(socket: WebSocket, marks: PingMarks): void {
      const due = clock.monotonic() + PING_EVERY + (watched % SWEEPS) * SWEEP_EVERY;
      pulses.set(socket, { marks, answered: NONE, due });
      watched += 1;
      cancel ??= clock.after(SWEEP_EVERY, sweep);
      socket.on('close', () => {
        pulses.delete(socket);
        if (pulses.size > 0) return;
        cancel?.();
        cancel = undefined;
      });
    },
    /** The peer of `socket` has answered a mark. */
    answered(socket: WebSocket): void {
      const pulse = pulses.get(socket);
      if (pulse === undefined) return;
      if (pulse.marks.areAwaited) waitFor(pulse);
      else {
        pulse.answered = NONE;
        pulse.due = clock.monotonic() + PING_EVERY;
      }
    },
  };
}
