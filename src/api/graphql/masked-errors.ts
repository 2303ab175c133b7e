// Errors in GraphQL's shape. Clients see a user's mistake in full. Of a bug, they learn only that it happened.

import { GraphQLError } from 'graphql';
import { maskError } from 'graphql-yoga';
import type { UserError } from '../../base/user-error.ts';
import type { BoundedLog } from '../../stream/telemetry.ts';

export function toGraphQLError({ code, message }: UserError): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

/** Yoga's message for a bug. */
const MASKED = 'Unexpected error.';
/** Yoga's code for a body that is too large. */
const TOO_LARGE = 'REQUEST_ENTITY_TOO_LARGE';

/** JSON leaves it out. */
const UNSAID = { toJSON: () => undefined };

/** What clients may see of an error, whatever NODE_ENV is. */
export function maskBug(error: unknown): Error {
  // The client left in the middle of its request: nothing failed, and there is no client to answer.
  if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET') return error;
  // Yoga quotes the parser here, and with it the whole body that it could not parse. The presence of the quote makes
  // Yoga answer with 400, so it stays, without its text.
  if (error instanceof GraphQLError && error.extensions.originalError) {
    error.extensions.originalError = UNSAID;
  }
  const shown = maskError(error, MASKED, false);
  if (shown instanceof GraphQLError && shown.extensions.code === TOO_LARGE) {
    shown.extensions.code = 'LIMIT_REACHED';
  }
  return shown;
}

/** Returns a function that logs bugs and masks them. */
export function createMask(log: BoundedLog): (error: GraphQLError) => GraphQLError {
  return (error) => {
    const shown = maskBug(error) as GraphQLError;
    if (shown !== error) log.error('an operation failed', error);
    return shown;
  };
}
