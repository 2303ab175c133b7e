// The stream: one connection, made again by X's own schedule whenever it ends.

import type { Clock } from '../../base/clock.ts';
import type { Line } from '../lines.ts';
import {
  counted,
  type Failure,
  type FailureCounts,
  NO_FAILURES,
  REST_MS,
  readReset,
  retryWait,
  waitForReset,
} from './failure.ts';
import { CONNECTS_A_WINDOW } from './limits.ts';
import { FIELDS } from './record.ts';
import { RequestBudget } from './request-budget.ts';
import { connect } from './stream-connection.ts';
import type { StreamState } from './x-state.ts';

export interface StreamOptions {
  /** Of X's API, with a slash at the end. */
  readonly url: string;
  readonly token: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** A line that isn't empty; a returned failure ends the connection. */
  readonly onLine: (line: Line) => Failure | undefined;
  readonly onState: (state: StreamState) => void;
}

/** A connection that lasts this long resets the schedule of retries, in milliseconds. */
const STEADY_MS = 60_000;

export class Stream {
  readonly #options: StreamOptions;
  readonly #url: URL;
  readonly #budget: RequestBudget;
  #failures: FailureCounts = NO_FAILURES;
  /** No connection before `due`, on the monotonic clock, even if the stream is closed and opened meanwhile. */
  #last: { readonly failure: Failure; readonly due: number } | undefined;
  /** Ends the connection, or the wait for it. */
  #stop = () => {};

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#url = new URL(`tweets/search/stream?tweet.fields=${FIELDS}`, options.url);
    this.#budget = new RequestBudget(CONNECTS_A_WINDOW, options.clock);
  }

  /** Connects as soon as the schedule and the budget allow it. */
  open(): void {
    const wait = (this.#last?.due ?? 0) - this.#options.clock.monotonic();
    if (this.#last === undefined || wait <= 0) this.#connect();
    else this.#rest(this.#last.failure, wait);
  }

  /** Passes on the lines that have arrived, and then nothing until it is opened again. */
  close(): void {
    const stop = this.#stop;
    this.#stop = () => {};
    stop();
  }

  #connect(): void {
    const { token, clock, onLine, onState } = this.#options;
    const budget = this.#budget;
    if (!budget.take()) {
      const reason = 'X allows only so many connections in 15 minutes';
      this.#rest({ kind: 'limited', reason }, budget.wait());
      return;
    }
    let openedAt = Number.POSITIVE_INFINITY;
    let isEnded = false;
    let disconnect = () => {};

    const end = () => {
      if (isEnded) return;
      isEnded = true;
      disconnect();
      if (clock.monotonic() - openedAt >= STEADY_MS) this.#failures = NO_FAILURES;
    };
    const fail = (failure: Failure) => {
      if (isEnded) return;
      end();
      const wait = this.#record(failure);
      if (this.#stop === end) this.#rest(failure, wait);
    };

    this.#stop = end;
    onState('connecting');
    if (isEnded) return;
    disconnect = connect(this.#url, token, clock, {
      onOpen(headers) {
        openedAt = clock.monotonic();
        onState('live');
        const reset = waitForReset(readReset(headers), clock.now());
        if (headers['x-rate-limit-remaining'] === '0' && reset !== undefined) budget.block(reset);
      },
      onLine(line) {
        // X charges for lines that arrive while the connection ends, so these are read as well.
        if (line.text === '') return;
        const failure = onLine(line);
        if (failure !== undefined) fail(failure);
      },
      onEnd: fail,
    });
  }

  /** Returns the milliseconds until the next connection. */
  #record(failure: Failure): number {
    const { clock, random } = this.#options;
    const wait = retryWait(failure, this.#failures, clock.now(), random) ?? REST_MS;
    this.#failures = counted(this.#failures, failure);
    this.#last = { failure, due: clock.monotonic() + wait };
    return Math.max(wait, this.#budget.wait());
  }

  #rest(failure: Failure, ms: number): void {
    const { clock, onState } = this.#options;
    if (failure.kind === 'unauthorized') {
      onState({ failure, until: undefined });
      return;
    }
    this.#stop = clock.after(ms, () => this.#connect());
    if (ms > 0) onState({ failure, until: clock.now() + ms });
  }
}
