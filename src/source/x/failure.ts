// What can go wrong with X, and how long X wants a client to wait after it.
// https://docs.x.com/x-api/posts/filtered-stream/integrate/handling-disconnections

import type { Fields } from '../../base/json.ts';
import { backoff, type Schedule } from '../backoff.ts';
import { WINDOW_MS } from './limits.ts';

const SCHEDULES = {
  /** The connection broke, or never came about. */
  network: { first: 0, factor: 1, step: 250, most: 16_000 },
  /** X answered with an error of its own, or with something unreadable. */
  http: { first: 5_000, factor: 2, step: 0, most: 320_000 },
  /** Too many requests. */
  limited: { first: 60_000, factor: 2, step: 0, most: WINDOW_MS },
  /** X believes that an earlier connection is still open. */
  taken: { first: 10_000, factor: 2, step: 0, most: 320_000 },
  /** There are no rules to stream for. */
  'no-rules': { first: 5_000, factor: 2, step: 0, most: 320_000 },
  /** X does not serve this account, until the operator pays or X relents. */
  forbidden: { first: WINDOW_MS, factor: 1, step: 0, most: WINDOW_MS },
} as const satisfies Record<string, Schedule>;

/** With a wrong token, trying again is no use. */
export type FailureKind = keyof typeof SCHEDULES | 'unauthorized';

export interface Failure {
  readonly kind: FailureKind;
  /** For a person, without a full stop and without secrets. */
  readonly reason: string;
  /** When X says to come back, in milliseconds since 1970. Check it with `waitForReset`. */
  readonly resetAt?: number | undefined;
}

/** Failures in a row, by kind. */
export type FailureCounts = Readonly<Partial<Record<FailureKind, number>>>;
export const NO_FAILURES: FailureCounts = {};

/** The first listener of an idle source makes it retry a permanent failure, but not sooner, in milliseconds. */
export const REST_MS = 60_000;
/** X's clock and ours may differ this much, in milliseconds. */
const RESET_TOLERANCE = 60_000;
/** Spreads the servers that X told to come back at the same time, in milliseconds. */
const JITTER_MS = 1000;
/** The most characters of an error of X that a reason quotes. */
export const MAX_QUOTED = 200;

export function counted(counts: FailureCounts, { kind }: Failure): FailureCounts {
  return { ...counts, [kind]: (counts[kind] ?? 0) + 1 };
}

/** Milliseconds to wait after `failure`, with `counts` before it; undefined for a permanent failure. */
export function retryWait(
  failure: Failure,
  counts: FailureCounts,
  now: number,
  random: () => number,
): number | undefined {
  if (failure.kind === 'unauthorized') return undefined;
  const wait = backoff(SCHEDULES[failure.kind], counts[failure.kind] ?? 0, random);
  const reset = waitForReset(failure.resetAt, now);
  // X may ask for a longer wait than the schedule's, never for a shorter one.
  return reset === undefined ? wait : Math.max(wait, reset + Math.round(JITTER_MS * random()));
}

/** Milliseconds until `resetAt`; undefined if no window of X can end then: in the past, or too far ahead. */
export function waitForReset(resetAt: number | undefined, now: number): number | undefined {
  if (resetAt === undefined) return undefined;
  const wait = Math.ceil(resetAt - now);
  return wait > 0 && wait <= WINDOW_MS + RESET_TOLERANCE ? wait : undefined;
}

/** Reads an answer with a status other than 200. `body` is its JSON, if any. */
export function readFailure(status: number, body: unknown, headers: object): Failure {
  const said = quoteError(body);
  const reason = `X answered ${status}${said === '' ? '' : ` (${said})`}`;
  if (asRecord(body).connection_issue === 'TooManyConnections') {
    return { kind: 'taken', reason: 'X says that another connection is still open' };
  }
  if (status === 429) return { kind: 'limited', reason, resetAt: readReset(headers) };
  if (status === 409) return { kind: 'no-rules', reason: 'X says that there are no rules yet' };
  if (status === 401) {
    return { kind: 'unauthorized', reason: `${reason}; check X_BEARER_TOKEN and start again` };
  }
  if (status === 402 || status === 403) {
    return { kind: 'forbidden', reason: `${reason}; check the account in X's developer console` };
  }
  return { kind: 'http', reason };
}

/** What X says about an error. */
export function quoteError(error: unknown): string {
  const { title, detail } = asRecord(error);
  const said = [title, detail].filter((it) => typeof it === 'string').join(': ');
  return said.slice(0, MAX_QUOTED);
}

/** `x-rate-limit-reset`, in milliseconds since 1970. */
export function readReset(headers: object): number | undefined {
  const seconds = Number(asRecord(headers)['x-rate-limit-reset']);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}

export function asRecord(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
