// Plans a selection ahead of time. The general executor works out for every event which fields are selected; a plan
// does so once, since fields of an event take no arguments and return no promises. Errors and unexpected nulls are left
// to the executor.

import {
  type FieldNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLSkipDirective,
  getDirectiveValues,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  type ValidatedSubscriptionArgs,
} from 'graphql';

/** Reads the selected fields of a source. Throws Unplanned where the executor is needed. */
type Read = (source: unknown) => unknown;

class Unplanned extends Error {}

/** Returns a function that returns the data of an event, or undefined where the executor is needed. */
export function planSelection(args: ValidatedSubscriptionArgs): (event: unknown) => unknown {
  let read: Read;
  try {
    const root = args.schema.getSubscriptionType();
    if (!root) throw new Unplanned();
    read = planObject(root, [args.operation.selectionSet], args, true);
  } catch (error) {
    if (!isExpected(error)) throw error;
    return () => undefined;
  }
  return (event) => {
    try {
      return read(event);
    } catch (error) {
      // The executor will meet the same error, and report it in its own way.
      if (error instanceof Error) return undefined;
      throw error;
    }
  };
}

/** Some wrong values of directives show only when they are used. */
function isExpected(error: unknown): boolean {
  return error instanceof Unplanned || (error instanceof Error && error.name === 'GraphQLError');
}

function planObject(
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
  args: ValidatedSubscriptionArgs,
  isRoot = false,
): Read {
  const fields = new Map<string, FieldNode[]>();
  const visited = new Set<string>();
  for (const { selections } of sets) collect(type, selections, args, fields, visited);
  const reads = [...fields].map(
    ([key, nodes]) => [key, planField(type, nodes, args, isRoot)] as const,
  );
  return (source) => {
    const data: Record<string, unknown> = Object.create(null);
    for (const [key, read] of reads) data[key] = read(source);
    return data;
  };
}

/** Collects the selected fields by their keys in the result (CollectFields of the specification). */
function collect(
  type: GraphQLObjectType,
  selections: readonly SelectionNode[],
  args: ValidatedSubscriptionArgs,
  fields: Map<string, FieldNode[]>,
  visited: Set<string>,
): void {
  for (const node of selections) {
    if (!isIncluded(node, args)) continue;
    if (node.kind === Kind.FIELD) {
      const key = (node.alias ?? node.name).value;
      const same = fields.get(key);
      if (same) same.push(node);
      else fields.set(key, [node]);
      continue;
    }
    if (node.kind === Kind.FRAGMENT_SPREAD) {
      if (visited.has(node.name.value)) continue;
      visited.add(node.name.value);
    }
    const fragment =
      node.kind === Kind.FRAGMENT_SPREAD ? args.fragments[node.name.value]?.definition : node;
    if (fragment === undefined) throw new Unplanned();
    // Without interfaces and unions, a fragment is on the type itself or never applies.
    const condition = fragment.typeCondition?.name.value;
    if (condition !== undefined && condition !== type.name) throw new Unplanned();
    collect(type, fragment.selectionSet.selections, args, fields, visited);
  }
}

function isIncluded(node: SelectionNode, { variableValues }: ValidatedSubscriptionArgs): boolean {
  const skip = getDirectiveValues(GraphQLSkipDirective, node, variableValues);
  if (skip?.if === true) return false;
  const include = getDirectiveValues(GraphQLIncludeDirective, node, variableValues);
  return include?.if !== false;
}

function planField(
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
  args: ValidatedSubscriptionArgs,
  isRoot: boolean,
): Read {
  const name = nodes[0]?.name.value ?? '';
  if (name === '__typename') return () => type.name;
  const field = type.getFields()[name];
  // The arguments of the subscription itself have been read by now.
  if (!field || (field.args.length > 0 && !isRoot)) throw new Unplanned();
  const { resolve } = field;
  const complete = planValue(field.type, nodes, args);
  if (!resolve) return (source) => complete((source as Record<string, unknown>)[name]);
  const info = undefined as never;
  return (source) => complete(resolve(source, {}, args.contextValue, info));
}

function planValue(
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  args: ValidatedSubscriptionArgs,
): Read {
  if (isNonNullType(type)) {
    const complete = planValue(type.ofType, nodes, args);
    return (value) => complete(value) ?? fail();
  }
  const complete = planNullable(type, nodes, args);
  return (value) => (value === null || value === undefined ? null : complete(value));
}

function planNullable(
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  args: ValidatedSubscriptionArgs,
): Read {
  if (isListType(type)) {
    const complete = planValue(type.ofType, nodes, args);
    return (value) => (Array.isArray(value) ? value.map(complete) : fail());
  }
  if (isLeafType(type)) return (value) => type.coerceOutputValue(value) ?? fail();
  if (!isObjectType(type)) throw new Unplanned();
  const sets = nodes.map(({ selectionSet }) => selectionSet ?? fail());
  const read = planObject(type, sets, args);
  return (value) => (value instanceof Error || value instanceof Promise ? fail() : read(value));
}

function fail(): never {
  throw new Unplanned();
}
