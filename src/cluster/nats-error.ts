// Errors of NATS as errors of a relay, in words that say what to do.

import { JetStreamApiError } from '@nats-io/jetstream';
import { TimeoutError } from '@nats-io/transport-node';
import { RelayError } from '../stream/relay.ts';

/** JetStream's err_code for an entry that is not at the expected revision. */
const OTHER_REVISION = new Set([10071, 10164]);
/** What an operator can do about an error, by its text. */
const ADVICE: readonly (readonly [error: RegExp, advice: string])[] = [
  [
    /authorization violation/i,
    'check NATS_TOKEN, NATS_USER and NATS_PASSWORD, or NATS_CREDS, whichever the server asks for',
  ],
  [/permissions violation/i, 'let the user of this node do that'],
  [/jetstream (is )?not enabled/i, 'start the NATS server with -js'],
];

export function isOtherRevision(error: unknown): boolean {
  return error instanceof JetStreamApiError && OTHER_REVISION.has(error.code);
}

/** Turns an error of the NATS client into a RelayError. Throws an error that is a bug of ours. */
export function asRelayError(error: unknown): RelayError {
  const isOurs = [TypeError, ReferenceError, RangeError].some((kind) => error instanceof kind);
  if (!(error instanceof Error) || isOurs) throw error;
  if (error instanceof RelayError) return error;
  const message =
    error instanceof TimeoutError ? 'NATS did not answer in time' : error.message || error.name;
  const advice = ADVICE.find(([known]) => known.test(message))?.[1];
  const text = advice === undefined ? message : `${message}; ${advice}`;
  return new RelayError(text, { cause: error });
}
