// A user's mistake in GraphQL's own shape.

import { GraphQLError } from 'graphql';
import type { UserError } from '../../user-error.ts';

export function toGraphQLError({ code, message }: UserError): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
