// The stream: one connection, made again by X's own schedule whenever it ends.

import type { Clock } from '../../base/clock.ts';
import type { Line } from '../lines.ts';
import { type ConnectionState, Reconnector } from '../reconnector.ts';
import {
  counted,
  type Failure,
  NO_FAILURES,
  REST_MS,
  readReset,
  retryWait,
  waitForReset,
} from './failure.ts';
import { CONNECTS_A_WINDOW } from './limits.ts';
import { FIELDS } from './record.ts';
import { RequestBudget } from './request-budget.ts';
import { connectStream } from './stream-connection.ts';

interface StreamOptions {
  /** The address of X's API, with a slash at the end. */
  readonly url: string;
  readonly token: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** A line that isn't empty; a returned failure ends the connection. */
  readonly onLine: (line: Line) => Failure | undefined;
  readonly onState: (state: ConnectionState<Failure>) => void;
}

/** A connection that lasts this long resets the schedule of retries, in milliseconds. */
const STEADY_MS = 60_000;

export function createStream(options: StreamOptions): Reconnector<Failure> {
  const { token, clock, random, onLine, onState } = options;
  const url = new URL(`tweets/search/stream?tweet.fields=${FIELDS}`, options.url);
  const budget = new RequestBudget(CONNECTS_A_WINDOW, clock);
  let failures = NO_FAILURES;

  return new Reconnector<Failure>({
    clock,
    onState,
    hold() {
      if (budget.take()) return undefined;
      const reason = 'X allows only so many connections in 15 minutes';
      return { failure: { kind: 'limited', reason }, wait: budget.wait() };
    },
    connect({ live, fail }) {
      let openedAt = Number.POSITIVE_INFINITY;
      const disconnect = connectStream(url, token, clock, {
        onOpen(headers) {
          openedAt = clock.monotonic();
          live();
          const reset = waitForReset(readReset(headers), clock.now());
          if (headers['x-rate-limit-remaining'] === '0' && reset !== undefined) budget.block(reset);
        },
        onLine(line) {
          // X charges for lines that arrive while the connection ends, so these are read as well.
          const failure = line.text === '' ? undefined : onLine(line);
          if (failure !== undefined) fail(failure);
        },
        onEnd: fail,
      });
      return () => {
        disconnect();
        if (clock.monotonic() - openedAt >= STEADY_MS) failures = NO_FAILURES;
      };
    },
    retry(failure) {
      const wait = retryWait(failure, failures, clock.now(), random);
      failures = counted(failures, failure);
      return { wait: Math.max(wait ?? REST_MS, budget.wait()), isPermanent: wait === undefined };
    },
  });
}
