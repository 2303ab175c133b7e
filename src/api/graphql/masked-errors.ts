// Errors in GraphQL's shape. Clients see a user's mistake in full. Of a bug, they learn only that it happened.

import { GraphQLError } from 'graphql';
import { maskError } from 'graphql-yoga';
import type { UserError } from '../../base/user-error.ts';
import type { BoundedLog } from '../../stream/telemetry.ts';

export function toGraphQLError({ code, message, retryAfter }: UserError): GraphQLError {
  const wait = retryAfter === undefined ? {} : { retryAfter };
  return new GraphQLError(message, { extensions: { code, ...wait } });
}

/** Returns `error`, which has `code` now if it had none. */
export function withCode(error: GraphQLError, code: string): GraphQLError {
  error.extensions.code ??= code;
  return error;
}

/** An operation that works, as the body of a request. */
export const EXAMPLE = '{"query": "{ status { activeTracks } }"}';

const UNRESOLVED =
  'The server cannot tell which operation to run; send a text with one operation and no "operationName", or the name of one as "operationName".';

export function unresolved(): GraphQLError {
  return new GraphQLError(UNRESOLVED, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } });
}

/** What was wrong and what to do, by Yoga's messages, which say only the first. */
const IN_FULL: readonly (readonly [said: RegExp, inFull: string])[] = [
  [/^Could not determine what operation to execute\.$/, UNRESOLVED],
  [
    /^POST body sent invalid JSON\.$/,
    `The body is not JSON; send a JSON object, such as ${EXAMPLE}.`,
  ],
  [
    /^POST body is expected to be object but received \w+$/,
    `The body must be a JSON object, such as ${EXAMPLE}.`,
  ],
  [
    /^Batching is not supported\.$/,
    `The body is a list of operations; send one, such as ${EXAMPLE}.`,
  ],
  [/^Request body too large$/, 'The body is too large; send a shorter one.'],
  [
    /^Unexpected parameter "(.*)" in the request body\.$/s,
    'The body has the field "$1"; beside "query", send only "operationName", "variables" and "extensions".',
  ],
  [
    /^Expected "query" param to be a string, but given (\w+)\.$/,
    `"query" is of the type $1; send a string, as in ${EXAMPLE}.`,
  ],
  [
    /^Expected "(\w+)" param to be empty or an object, but given (\w+)\.$/,
    '"$1" is of the type $2; send an object, or leave it out.',
  ],
  [
    /^GraphQL only supports GET and POST requests\.$/,
    'This method is not allowed here; use GET or POST.',
  ],
  [
    /^Can only perform a mutation operation from a POST request\.$/,
    'A GET cannot run a mutation, and this server has none; send a query or subscription.',
  ],
];

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
  if (!(shown instanceof GraphQLError)) return shown;
  const { extensions, path } = shown;
  if (extensions.code === TOO_LARGE) extensions.code = 'LIMIT_REACHED';
  // graphql-js checks the variables before it comes to any field.
  if (path === undefined) withCode(shown, 'BAD_USER_INPUT');
  // Yoga takes another object for a bug, and logs it.
  const [said, inFull] = IN_FULL.find(([pattern]) => pattern.test(shown.message)) ?? [];
  if (said && inFull) shown.message = shown.message.replace(said, inFull);
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
