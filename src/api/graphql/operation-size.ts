// How large an operation may be. Read off the document alone, and before graphql-js validates it, since
// some of its rules compare all fields with all others. Costs one visit of each node, whatever the
// fragments are: each is measured once, and counts wherever it is spread.

import {
  type DefinitionNode,
  type DirectiveNode,
  type DocumentNode,
  type GraphQLError,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { UserError } from '../../base/user-error.ts';
import { toGraphQLError } from './masked-errors.ts';

/** Each is the most that is let through; Infinity is no limit. */
export interface QueryLimits {
  readonly maxQueryTokens: number;
  readonly maxQueryDepth: number;
  readonly maxQueryAliases: number;
  readonly maxQueryDirectives: number;
  readonly maxQueryFields: number;
  readonly maxRootFields: number;
}

/** Of what `__schema` and `__type` are asked: the query of graphql-js and GraphiQL has depth 15. */
const INTROSPECTION_DEPTH = 20;
/** The same query has 232 fields, with fragments counted where they are spread. */
const INTROSPECTION_FIELDS = 300;

/** What is asked of the schema itself counts for itself. */
const WORDS = {
  rootFields: 'fields at its highest level',
  depth: 'levels of fields',
  fields: 'fields',
  aliases: 'aliases',
  directives: 'directives',
  introspectionDepth: 'levels of fields of the schema',
  introspectionFields: 'fields of the schema',
} as const;

type Size = Readonly<Record<keyof typeof WORDS, number>>;

const MEASURES = Object.keys(WORDS) as (keyof Size)[];
const NOTHING: Size = {
  rootFields: 0,
  depth: 0,
  fields: 0,
  aliases: 0,
  directives: 0,
  introspectionDepth: 0,
  introspectionFields: 0,
};

const MANY = Number.POSITIVE_INFINITY;
/** A fragment counts where it is spread, but nobody has to spread it, and it is validated all the same. */
const ALONE: Size = {
  rootFields: MANY,
  depth: MANY,
  fields: INTROSPECTION_FIELDS,
  aliases: MANY,
  directives: MANY,
  introspectionDepth: INTROSPECTION_DEPTH,
  introspectionFields: INTROSPECTION_FIELDS,
};

/** Says what of a document is too large, if anything is. Each of its operations has to be within the limits. */
export function checkSize(document: DocumentNode, limits: QueryLimits): GraphQLError | undefined {
  const measure = createMeasure(document);
  const operation: Size = {
    rootFields: limits.maxRootFields,
    depth: limits.maxQueryDepth,
    fields: limits.maxQueryFields,
    aliases: limits.maxQueryAliases,
    directives: limits.maxQueryDirectives,
    introspectionDepth: INTROSPECTION_DEPTH,
    introspectionFields: INTROSPECTION_FIELDS,
  };
  for (const definition of document.definitions) {
    const most = definition.kind === Kind.OPERATION_DEFINITION ? operation : ALONE;
    const size = measure(definition);
    const excess = MEASURES.find((key) => size[key] > most[key]);
    if (excess === undefined) continue;
    const message = `This operation is too large: ${most[excess]} ${WORDS[excess]} at most.`;
    return toGraphQLError(new UserError('LIMIT_REACHED', message));
  }
  return undefined;
}

/** Returns what measures a definition of `document`. */
function createMeasure(document: DocumentNode): (definition: DefinitionNode) => Size {
  const fragments = new Map<string, DefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  const measured = new Map<string, Size>();

  function measureFragment(name: string): Size {
    const known = measured.get(name);
    if (known) return known;
    // A cycle comes back here while it is measured. It is refused as such by validation.
    measured.set(name, NOTHING);
    const fragment = fragments.get(name);
    const size = fragment ? measureDefinition(fragment) : NOTHING;
    measured.set(name, size);
    return size;
  }

  function measureDefinition(definition: DefinitionNode): Size {
    const variables = 'variableDefinitions' in definition ? definition.variableDefinitions : [];
    const own = [definition, ...(variables ?? [])].map(directivesOf).reduce(join, NOTHING);
    return 'selectionSet' in definition ? join(own, measureSet(definition.selectionSet)) : own;
  }

  function measureSet(set: SelectionSetNode): Size {
    return set.selections.map(measureSelection).reduce(join, NOTHING);
  }

  function measureSelection(node: SelectionNode): Size {
    const own = directivesOf(node);
    switch (node.kind) {
      case Kind.FRAGMENT_SPREAD:
        return join(own, measureFragment(node.name.value));
      case Kind.INLINE_FRAGMENT:
        return join(own, measureSet(node.selectionSet));
      case Kind.FIELD: {
        const below = node.selectionSet ? measureSet(node.selectionSet) : NOTHING;
        const size = isIntrospection(node.name.value) ? aroundSchema(below) : around(below);
        return join(own, node.alias ? { ...size, aliases: size.aliases + 1 } : size);
      }
    }
  }

  return measureDefinition;
}

function isIntrospection(name: string): boolean {
  return name === '__schema' || name === '__type';
}

/** The size of a field with `below` in it. */
function around(below: Size): Size {
  return { ...below, rootFields: 1, depth: below.depth + 1, fields: below.fields + 1 };
}

function aroundSchema(below: Size): Size {
  return {
    ...below,
    rootFields: 1,
    depth: 1,
    fields: 1,
    introspectionDepth: Math.max(below.introspectionDepth, below.depth + 1),
    introspectionFields: below.introspectionFields + below.fields + 1,
  };
}

function join(a: Size, b: Size): Size {
  return {
    rootFields: a.rootFields + b.rootFields,
    depth: Math.max(a.depth, b.depth),
    fields: a.fields + b.fields,
    aliases: a.aliases + b.aliases,
    directives: a.directives + b.directives,
    introspectionDepth: Math.max(a.introspectionDepth, b.introspectionDepth),
    introspectionFields: a.introspectionFields + b.introspectionFields,
  };
}

function directivesOf(node: { readonly directives?: readonly DirectiveNode[] | undefined }): Size {
  return { ...NOTHING, directives: node.directives?.length ?? 0 };
}
