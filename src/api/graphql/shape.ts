// What an operation selects of an event, whatever track it listens to. Equal shapes share one selection.

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
  /** Equal for documents that differ in the arguments of the subscription alone. */
  readonly key: string;
  /** The variables that have a say in what is selected, sorted. */
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
  // The text of a query may be long, and is kept for as long as somebody listens.
  const key = createHash('sha256').update(print(bare)).digest('base64');
  return { key, variables: [...variables].sort() };
}
