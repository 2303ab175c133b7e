// The schema as a subgraph of a federated graph, by the subgraph specification of Apollo Federation 2: tools that compose
// a supergraph read the schema from `_service`. No type has a key, so there are no entities to resolve.

import { extendSchema, type GraphQLSchema, parse, printSchema } from 'graphql';

/** 2.4 is the first version with subscriptions. The schema uses no directive of it, so it imports none. */
const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.4")';

const SERVICE = parse(`
  extend type Query {
    "The schema, for tools that compose a supergraph. Routers hide it from their clients."
    _service: _Service!
  }

  "This server as a part of a federated graph."
  type _Service {
    "The schema, in the language of schema definitions and without \`_service\`."
    sdl: String!
  }
`);

export function asSubgraph(schema: GraphQLSchema): GraphQLSchema {
  const service = { sdl: `${LINK}\n\n${printSchema(schema)}\n` };
  const subgraph = extendSchema(schema, SERVICE);
  const field = subgraph.getQueryType()?.getFields()._service;
  if (field) field.resolve = () => service;
  return subgraph;
}
