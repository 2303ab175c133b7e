// Bounds the size of operations. It reads the document alone, before graphql-js validates it: some validation rules
// compare all fields with all others. It visits each node once: each fragment is measured once, and counts wherever it
// is spread.

import {
  type DefinitionNode,
  type DirectiveNode,
  type DocumentNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** Infinity means no limit. */
export interface QueryLimits {
  readonly maxQueryTokens: number;
  readonly maxQueryDepth: number;
  readonly maxQueryAliases: number;
  readonly maxQueryDirectives: number;
  readonly maxQueryFields: number;
  readonly maxRootFields: number;
}

/**
 * For fields below `__schema` and `__type`. The query of graphql-js and GraphiQL has depth 15 and 232 fields, with
 * fragments counted where they are spread.
 */
const INTROSPECTION = { introspectionDepth: 20, introspectionFields: 300 };

/** What is measured, and its name in errors. Fields of the schema count for themselves. */
const MEASURES = {
  rootFields: 'fields at its highest level',
  depth: 'levels of fields',
  fields: 'fields',
  aliases: 'aliases',
  directives: 'directives',
  introspectionDepth: 'levels of fields of the schema',
  introspectionFields: 'fields of the schema',
} as const;

type Measure = keyof typeof MEASURES;
type Size = Readonly<Record<Measure, number>>;

/** These take the deeper of two selections; all other measures add up. */
const DEPTHS: readonly Measure[] = ['depth', 'introspectionDepth'];
const NOTHING = sizeBy(() => 0);
/** A fragment counts where it is spread. One that no operation spreads is validated as well, so it has limits too. */
const FRAGMENT: Size = {
  ...sizeBy(() => Number.POSITIVE_INFINITY),
  fields: INTROSPECTION.introspectionFields,
  ...INTROSPECTION,
};

function sizeBy(measure: (of: Measure) => number): Size {
  const names = Object.keys(MEASURES) as Measure[];
  return Object.fromEntries(names.map((name) => [name, measure(name)])) as Record<Measure, number>;
}

/** Why an operation of a document is too large, or undefined if none is. */
export function explainSize(document: DocumentNode, limits: QueryLimits): string | undefined {
  const measure = createMeasure(document);
  const operation: Size = {
    rootFields: limits.maxRootFields,
    depth: limits.maxQueryDepth,
    fields: limits.maxQueryFields,
    aliases: limits.maxQueryAliases,
    directives: limits.maxQueryDirectives,
    ...INTROSPECTION,
  };
  for (const definition of document.definitions) {
    const most = definition.kind === Kind.OPERATION_DEFINITION ? operation : FRAGMENT;
    const size = measure(definition);
    const excess = (Object.keys(MEASURES) as Measure[]).find((name) => size[name] > most[name]);
    if (excess === undefined) continue;
    return `This operation is too large: ${most[excess]} ${MEASURES[excess]} at most.`;
  }
  return undefined;
}

/** Returns a function that measures a definition of `document`. */
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
    // A cycle comes back here while it is measured. Validation rejects it.
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
  return sizeBy((of) => (DEPTHS.includes(of) ? Math.max(a[of], b[of]) : a[of] + b[of]));
}

function directivesOf(node: { readonly directives?: readonly DirectiveNode[] | undefined }): Size {
  return { ...NOTHING, directives: node.directives?.length ?? 0 };
}
