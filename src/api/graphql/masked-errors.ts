// Errors in GraphQL's own shape: a user's mistake in full, one of ours without a word of what it was.

import { GraphQLError } from 'graphql';
import { maskError } from 'graphql-yoga';
import type { UserError } from '../../base/user-error.ts';
import type { BoundedLog } from '../../stream/telemetry.ts';

export function toGraphQLError({ code, message }: UserError): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

/** As Yoga shows an error that is ours. */
const MASKED = 'Unexpected error.';
/** As Yoga names a body that is larger than it may be. */
const TOO_LARGE = 'REQUEST_ENTITY_TOO_LARGE';

/** A client that left in the middle of its request: nothing failed, and nobody is there to be told. */
function isDeparture(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
}

/** Is left out of JSON. */
const UNSAID = { toJSON: () => undefined };

/** What may be shown of an error: all of a user's mistake, nothing of one of ours, whatever NODE_ENV is. */
export function hideOurs(error: unknown): Error {
  if (isDeparture(error)) return error;
  // Yoga quotes the parser here, and with it the whole body that it could not parse. That there is such a
  // quote tells it to answer with 400.
  if (error instanceof GraphQLError && error.extensions.originalError) {
    error.extensions.originalError = UNSAID;
  }
  const shown = maskError(error, MASKED, false);
  if (shown instanceof GraphQLError && shown.extensions.code === TOO_LARGE) {
    shown.extensions.code = 'LIMIT_REACHED';
  }
  return shown;
}

/** Returns what logs an error that is ours, and hides it. */
export function createMask(log: BoundedLog): (error: GraphQLError) => GraphQLError {
  return (error) => {
    const shown = hideOurs(error) as GraphQLError;
    if (shown !== error) log.error('an operation failed', error);
    return shown;
  };
}
