// The answers to rejected connections and requests.

import { UserError } from '../../base/user-error.ts';
import type { RejectionKind } from '../../stream/telemetry.ts';

/** A rejection in HTTP's terms. */
export interface Rejection {
  readonly status: 429 | 503;
  /** In seconds. */
  readonly retryAfter: number;
  readonly error: UserError;
}

export type Kind = Extract<RejectionKind, `${'sockets' | 'attempts'}${string}`>;

/** Attempts are counted by the second; a connection may take a while to close. In seconds. */
const SOON = 1;
const LATER = 10;

export const REJECTIONS: Readonly<Record<Kind, Rejection>> = {
  sockets: rejection(
    503,
    LATER,
    'The server has reached its limit of connections; try again later.',
  ),
  attempts: rejection(
    503,
    SOON,
    'The server gets too many new connections and requests; try again in a second.',
  ),
  'sockets-per-address': rejection(
    429,
    LATER,
    'Your address has reached its limit of connections; close one first.',
  ),
  'attempts-per-address': rejection(
    429,
    SOON,
    'Your address makes too many connections and requests; wait a second.',
  ),
};

function rejection(status: 429 | 503, retryAfter: number, message: string): Rejection {
  return { status, retryAfter, error: new UserError('LIMIT_REACHED', message) };
}
