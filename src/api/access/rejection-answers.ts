// What is answered to a client that is not let in.

import { UserError } from '../../base/user-error.ts';
import type { RefusalKind } from '../metrics/rejections.ts';

/** Why a client is not let in, in HTTP's words. */
export interface Refusal {
  readonly status: 429 | 503;
  /** In seconds. */
  readonly retryAfter: number;
  readonly error: UserError;
}

export type Kind = Extract<RefusalKind, `${'sockets' | 'attempts'}${string}`>;

/** Attempts are counted by the second; a connection may take a while to close. */
const SOON = 1;
const LATER = 10;

export const REFUSED: Readonly<Record<Kind, Refusal>> = {
  sockets: refusal(503, LATER, 'The server has as many connections as it takes; try again later.'),
  attempts: refusal(503, SOON, 'The server is asked too often; try again in a second.'),
  'sockets-per-address': refusal(
    429,
    LATER,
    'Your address has as many connections as it may have; close one first.',
  ),
  'attempts-per-address': refusal(429, SOON, 'Your address asks too often; wait a second.'),
};

function refusal(status: 429 | 503, retryAfter: number, message: string): Refusal {
  return { status, retryAfter, error: new UserError('LIMIT_REACHED', message) };
}
