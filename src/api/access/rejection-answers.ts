// What is answered to a client that is not let in.

import { UserError } from '../../base/user-error.ts';
import type { RejectionKind } from '../../stream/telemetry.ts';

/** Why a client is not let in, in HTTP's words. */
export interface Rejection {
  readonly status: 429 | 503;
  /** In seconds. */
  readonly retryAfter: number;
  readonly error: UserError;
}

export type Kind = Extract<RejectionKind, `${'sockets' | 'attempts'}${string}`>;

/** Attempts are counted by the second; a connection may take a while to close. */
const SOON = 1;
const LATER = 10;

export const REJECTIONS: Readonly<Record<Kind, Rejection>> = {
  sockets: rejection(
    503,
    LATER,
    'The server has as many connections as it takes; try again later.',
  ),
  attempts: rejection(503, SOON, 'The server is asked too often; try again in a second.'),
  'sockets-per-address': rejection(
    429,
    LATER,
    'Your address has as many connections as it may have; close one first.',
  ),
  'attempts-per-address': rejection(429, SOON, 'Your address asks too often; wait a second.'),
};

function rejection(status: 429 | 503, retryAfter: number, message: string): Rejection {
  return { status, retryAfter, error: new UserError('LIMIT_REACHED', message) };
}
