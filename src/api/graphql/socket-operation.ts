// Reads an operation that comes over a GraphQL WebSocket. Its errors go back as its own `error` message, so that the
// socket and every other operation on it go on.

import { type DocumentNode, type ExecutionArgs, GraphQLError } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { UserError } from '../../base/user-error.ts';
import type { Work } from '../access/work-budget.ts';
import type { Shared } from '../shared.ts';
import { toGraphQLError } from './masked-errors.ts';
import type { Operations } from './operations.ts';

/** Every event repeats its operation's id. Usual ids have 36 characters. */
const MAX_ID_LENGTH = 128;

/** Why an operation may not begin beside those that run, or undefined if it may. */
export function checkRoom(
  { limits: { maxSubscriptions: most }, telemetry }: Shared,
  id: string,
  running: number,
): readonly GraphQLError[] | undefined {
  if (running < most && id.length <= MAX_ID_LENGTH) return undefined;
  const reason =
    running < most
      ? `An id may have at most ${MAX_ID_LENGTH} characters; choose a shorter one.`
      : `A socket may run at most ${most} operations at once; end one, or open another socket.`;
  telemetry.rejected('subscriptions', reason);
  return [toGraphQLError(new UserError('LIMIT_REACHED', reason))];
}

/** What to execute, or why it cannot be. */
export function prepare(
  { schema, documents }: Operations,
  payload: SubscribePayload,
  work: Work,
): ExecutionArgs | readonly GraphQLError[] {
  let document: DocumentNode;
  try {
    document = documents.parse(documents.textOf(payload, work) ?? payload.query, work);
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
  const errors = documents.validate(document);
  if (errors.length > 0) return errors;
  const { operationName, variables } = payload;
  return { schema, document, operationName, variableValues: variables };
}
