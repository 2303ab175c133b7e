// Keeps a connection to an upstream open: connects, and when the connection ends, connects again by a schedule.

import type { Clock } from '../base/clock.ts';
import type { SourceState } from './source.ts';

/** Why an upstream cannot be used for now. */
export interface Setback<Failure> {
  readonly failure: Failure;
  /** When it is tried again, in milliseconds since 1970; undefined for never. */
  readonly until: number | undefined;
}

export type ConnectionState<Failure> = 'connecting' | 'live' | Setback<Failure>;

interface ReconnectorOptions<Failure> {
  readonly clock: Clock;
  /** Opens a connection and returns what closes it. That MUST be safe to call after `fail`. */
  connect(events: { live(): void; fail(failure: Failure): void }): () => void;
  /** Counts a failure. Returns the milliseconds until the next connection, and whether it needs a new `open`. */
  retry(failure: Failure): { readonly wait: number; readonly isPermanent?: boolean };
  /** Called before each connection, which a wait puts off. */
  hold?(): { readonly failure: Failure; readonly wait: number } | undefined;
  onState(state: ConnectionState<Failure>): void;
}

export class Reconnector<Failure> {
  readonly #options: ReconnectorOptions<Failure>;
  /** No connection before `due`, on the monotonic clock, even after `close` and `open`. */
  #last: { failure: Failure; due: number; isPermanent: boolean } | undefined;
  /** Ends the connection, or the wait for it. */
  #stop = () => {};

  constructor(options: ReconnectorOptions<Failure>) {
    this.#options = options;
  }

  /** Connects as soon as the schedule allows it. */
  open(): void {
    const wait = (this.#last?.due ?? 0) - this.#options.clock.monotonic();
    if (this.#last === undefined || wait <= 0) this.#connect();
    else this.#rest(this.#last.failure, wait, this.#last.isPermanent);
  }

  /** Reports no state until it is opened again. `failure` counts like one of the connection. */
  close(failure?: Failure): void {
    const stop = this.#stop;
    this.#stop = () => {};
    stop();
    if (failure !== undefined) this.#record(failure);
  }

  #connect(): void {
    const { connect, hold, onState } = this.#options;
    const held = hold?.();
    if (held !== undefined) {
      this.#rest(held.failure, held.wait, false);
      return;
    }
    let isEnded = false;
    let disconnect = () => {};
    const end = () => {
      if (isEnded) return;
      isEnded = true;
      disconnect();
    };
    this.#stop = end;
    onState('connecting');
    if (isEnded) return;
    disconnect = connect({
      live: () => onState('live'),
      fail: (failure) => {
        if (isEnded) return;
        end();
        const { wait, isPermanent = false } = this.#record(failure);
        // `disconnect` may have delivered posts, whose listener closed the source.
        if (this.#stop === end) this.#rest(failure, wait, isPermanent);
      },
    });
  }

  #record(failure: Failure): ReturnType<ReconnectorOptions<Failure>['retry']> {
    const { clock, retry } = this.#options;
    const { wait, isPermanent = false } = retry(failure);
    this.#last = { failure, due: clock.monotonic() + wait, isPermanent };
    return { wait, isPermanent };
  }

  #rest(failure: Failure, wait: number, isPermanent: boolean): void {
    const { clock, onState } = this.#options;
    if (isPermanent) {
      onState({ failure, until: undefined });
      return;
    }
    this.#stop = clock.after(wait, () => this.#connect());
    if (wait > 0) onState({ failure, until: clock.now() + wait });
  }
}

export function describeConnection(
  state: ConnectionState<{ readonly reason: string }>,
): SourceState {
  if (typeof state === 'string') return { name: state };
  const { failure, until } = state;
  const { reason } = failure;
  return until === undefined ? { name: 'paused', reason } : { name: 'waiting', reason, until };
}
