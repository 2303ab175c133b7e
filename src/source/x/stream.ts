// The stream: one connection, made again by X's own schedule whenever it ends, until it is stopped.

import type { Clock } from '../../base/clock.ts';
import type { Line } from '../lines.ts';
import {
  type Failure,
  type Failures,
  nextRetry,
  REST_MS,
  readReset,
  waitForReset,
} from './failure.ts';
import { FIELDS } from './record.ts';
import type { Budget } from './request-budget.ts';
import { connect } from './stream-connection.ts';

export interface StreamOptions {
  /** Of X's API, with a slash at the end. */
  readonly url: string;
  readonly token: string;
  /** Connects, over all streams of an account. */
  readonly budget: Budget;
  /** The same for all streams of an account, so that a stream that is stopped and opened again waits as long. */
  readonly row: FailureRow;
  readonly clock: Clock;
  readonly random: () => number;
  /** A line that isn't empty; a returned failure ends the connection. */
  readonly onLine: (line: Line) => Failure | undefined;
  readonly onState: (state: StreamState) => void;
}

/** Failures in a row, and the last one: no stream connects before `due`, on the monotonic clock. */
export interface FailureRow {
  readonly failures: Failures;
  last?: { readonly failure: Failure; readonly due: number };
}

export type StreamState =
  | { readonly name: 'connecting' }
  | { readonly name: 'live' }
  /** `until` in milliseconds since 1970. */
  | { readonly name: 'waiting'; readonly failure: Failure; readonly until: number }
  /** It does not try again. */
  | { readonly name: 'failed'; readonly failure: Failure };

/** A connection that lasts this long has ended a row of failures, in milliseconds. */
const STEADY_MS = 60_000;

/** Connects as soon as `row` and `budget` allow it; the returned function stops it for good. */
export function openStream(options: StreamOptions): () => void {
  const { token, budget, row, clock, random, onLine, onState } = options;
  const url = new URL(`tweets/search/stream?tweet.fields=${FIELDS}`, options.url);
  let openedAt = Number.POSITIVE_INFINITY;
  let disconnect = () => {};
  let cancel = () => {};
  let stopped = false;

  function start(): void {
    const wait = budget.wait();
    if (wait > 0) {
      const reason = 'X allows only so many connections in 15 minutes';
      pause({ kind: 'limited', reason }, wait);
      return;
    }
    budget.spend();
    openedAt = Number.POSITIVE_INFINITY;
    let ended = false;
    onState({ name: 'connecting' });
    if (stopped) return;

    // The line that ends a connection can be the very one that its end has cut short.
    function end(failure: Failure): void {
      if (ended || stopped) return;
      ended = true;
      disconnect();
      endRow();
      retry(failure);
    }

    disconnect = connect(url, token, clock, {
      onOpen(headers) {
        openedAt = clock.monotonic();
        onState({ name: 'live' });
        const wait = waitForReset(readReset(headers), clock.now());
        if (headers['x-rate-limit-remaining'] === '0' && wait !== undefined) budget.block(wait);
      },
      onLine(line) {
        // What comes while it ends or stops is paid for too.
        if (line.text === '') return;
        const failure = onLine(line);
        if (failure !== undefined) end(failure);
      },
      onEnd: end,
    });
  }

  function endRow(): void {
    if (clock.monotonic() - openedAt >= STEADY_MS) row.failures.clear();
  }

  function resume(): void {
    const { last } = row;
    const wait = last === undefined ? 0 : last.due - clock.monotonic();
    if (last === undefined || wait <= 0) {
      start();
      return;
    }
    const { failure } = last;
    if (failure.kind === 'unauthorized') onState({ name: 'failed', failure });
    else pause(failure, wait);
  }

  function retry(failure: Failure): void {
    const wait = nextRetry(failure, row.failures, clock.now(), random);
    row.last = { failure, due: clock.monotonic() + (wait ?? REST_MS) };
    if (wait === undefined) onState({ name: 'failed', failure });
    else pause(failure, Math.max(wait, budget.wait()));
  }

  function pause(failure: Failure, ms: number): void {
    if (ms > 0) onState({ name: 'waiting', failure, until: clock.now() + ms });
    if (stopped) return;
    cancel = clock.after(ms, start);
  }

  resume();
  return () => {
    stopped = true;
    endRow();
    cancel();
    disconnect();
  };
}
