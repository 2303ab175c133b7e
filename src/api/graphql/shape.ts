// The shape of an operation: what it selects of an event, whatever its track. Equal shapes share one selection.

import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type GraphQLSchema,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';

export interface Shape {
  /** Equal for documents that differ only in the arguments of the subscription. */
  readonly key: string;
  /** The variables that the selection depends on, sorted. */
  readonly variables: readonly string[];
}

export function shapeOf(schema: GraphQLSchema, document: DocumentNode): Shape {
  const types = new TypeInfo(schema);
  const root = schema.getSubscriptionType();
  const variables = new Set<string>();
  const bare: DocumentNode = visit(
    document,
    visitWithTypeInfo(types, {
      VariableDefinition: () => false,
      Field: (node) => (types.getParentType() === root ? { ...node, arguments: [] } : undefined),
      Variable: ({ name }) => void variables.add(name.value),
    }),
  );
  // A digest, since the text may be long, and the key lives as long as a listener.
  const key = createHash('sha256').update(print(bare)).digest('base64');
  return { key, variables: [...variables].sort() };
}
