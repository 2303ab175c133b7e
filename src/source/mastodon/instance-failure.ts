// Why an instance does not stream, in words, and how long it is left alone.

import type { IncomingHttpHeaders } from 'node:http';
import { excerpt } from '../excerpt.ts';

export interface Failure {
  /** For a person, without a full stop. It begins with the host. */
  readonly reason: string;
  /** How long to leave the instance alone, in milliseconds; undefined for the usual schedule. */
  readonly restMs?: number;
}

interface Answer {
  readonly host: string;
  /** The status of HTTP. */
  readonly status: number;
  readonly headers?: IncomingHttpHeaders | undefined;
  /** What the instance says about it, quoted. */
  readonly said?: string | undefined;
  readonly hasToken: boolean;
}

/** The rest after a failure that only a person can mend. */
const REST_MS = 15 * 60_000;
/** Mastodon counts requests in windows of this length: https://docs.joinmastodon.org/api/rate-limits/ */
const WINDOW_MS = 5 * 60_000;

/** Undefined for a status that may pass by itself. */
export function explainStatus(answer: Answer, now: number): Failure | undefined {
  const { host, status, headers = {}, hasToken } = answer;
  const message = headers['x-error-message'];
  const said = answer.said ?? (typeof message === 'string' ? excerpt(message) : '');
  const code = `(${said === '' ? '' : `${said}, `}status ${status})`;
  switch (status) {
    case 301:
    case 302:
    case 307:
    case 308: {
      const where = excerpt(headers.location ?? '');
      const reason = `${host} streams at another address: give ${where} to --mastodon-url instead`;
      return { reason, restMs: REST_MS };
    }
    case 401:
      return {
        reason: hasToken
          ? `${host} does not accept its token ${code}; check MASTODON_TOKEN`
          : `${host} wants a token ${code}; set MASTODON_TOKEN`,
        restMs: REST_MS,
      };
    case 403:
      return { reason: `${host} does not let this account read ${code}`, restMs: REST_MS };
    case 404:
      return {
        reason: `${host} does not stream at this address ${code}; check --mastodon-url`,
        restMs: REST_MS,
      };
    case 429:
      return { reason: `${host} got too many requests ${code}`, restMs: readReset(headers, now) };
    default:
      return undefined;
  }
}

/** When the instance says to come back, in milliseconds from now, if that is sooner than REST_MS. */
function readReset(headers: IncomingHttpHeaders, now: number): number {
  const { 'retry-after': after, 'x-ratelimit-reset': reset } = headers;
  const waits = [Number(after) * 1000, ...[after, reset].map((it) => Date.parse(String(it)) - now)];
  return Math.min(waits.find((wait) => wait > 0) ?? WINDOW_MS, REST_MS);
}
