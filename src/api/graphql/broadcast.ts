// Opens subscriptions, and shares one selection among all that want the same fields of an event.

import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  type ValidatedSubscriptionArgs,
  validateSubscriptionArgs,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { UserError } from '../../base/user-error.ts';
import type { Start } from '../../stream/recorder.ts';
import type { WindowRequest } from '../../stream/windows.ts';
import type { Track } from '../../track/track.ts';
import { FREE, type Work } from '../access/work-budget.ts';
import { readCursor } from './arguments.ts';
import type { ApiContext, QueryContext } from './builder.ts';
import { toGraphQLError } from './masked-errors.ts';
import { type Mask, maskErrors, Selection } from './selection.ts';
import { type Shape, shapeOf } from './shape.ts';

/** What a subscription listens to: the events of a track, or a window. */
export type Followed =
  | {
      readonly track: Track;
      /** Undefined if it begins now. */
      readonly start: Start | undefined;
    }
  | WindowRequest;

/** A valid subscription: what it listens to, and the fields that it wants of every event. */
export interface Opened {
  readonly followed: Followed;
  readonly selection: Selection;
  /** MUST be called when the subscription ends. */
  release(): void;
}

/** Each selection is computed for every event of its topics. One takes about 100 kB, so all take 100 MB. */
export const MAX_SELECTIONS = 1024;
const TOO_MANY = `The server has reached its limit of ${MAX_SELECTIONS} different selections of events; select the same fields as other clients, or try again later.`;

/** What equal subscriptions of any clients open. */
interface Read {
  readonly validated: ValidatedSubscriptionArgs;
  readonly followed: Followed;
  /** Identifies the selection. */
  readonly key: string;
}

/** Characters of subscriptions whose arguments are kept. What is kept takes up to a hundred bytes for each. */
const KEPT_CHARACTERS = 50_000;

interface Shared {
  readonly selection: Selection;
  users: number;
}

export function createBroadcast(context: QueryContext, mask: Mask) {
  /** By shape, operation name and variables. */
  const selections = new Map<string, Shared>();
  /** Equal texts are parsed to the same document. */
  const shapes = new WeakMap<DocumentNode, Shape & { readonly number: number }>();
  let documents = 0;
  /** Many clients send the same at once, as after a deploy. By document, operation name and variables. */
  const kept = new LRUCache<string, Read>({
    maxSize: KEPT_CHARACTERS,
    sizeCalculation: (_read, name) => name.length,
  });

  function shapeIn({ schema, document }: ExecutionArgs) {
    const known = shapes.get(document);
    if (known) return known;
    documents += 1;
    const shape = { ...shapeOf(schema, document), number: documents };
    shapes.set(document, shape);
    return shape;
  }

  /** Equal for operations that have equal results for every event. */
  function keyOf(args: ExecutionArgs): string {
    const { operationName, variableValues } = args;
    const shape = shapeIn(args);
    // An absent variable has its default; one that is null does not.
    const given = shape.variables.filter(
      (name) => variableValues && Object.hasOwn(variableValues, name),
    );
    const values = given.map((name) => [name, variableValues?.[name]]);
    return JSON.stringify([shape.key, operationName ?? null, values]);
  }

  /** Equal for equal subscriptions; undefined where that takes long to tell. */
  function nameOf(args: ExecutionArgs): string | undefined {
    const { operationName, variableValues } = args;
    const values = Object.entries(variableValues ?? {});
    if (!values.every(([, value]) => isPlain(value))) return undefined;
    return JSON.stringify([shapeIn(args).number, operationName, values]);
  }

  function share({ validated, followed, key }: Read, work: Work): Opened | ExecutionResult {
    const known = selections.get(key);
    if (known === undefined && selections.size >= MAX_SELECTIONS) {
      return rejected(work.rejectHeld(TOO_MANY));
    }
    const stopHolding = hold(work, key, followed);
    if (stopHolding instanceof UserError) return rejected(stopHolding);
    const shared = known ?? { selection: new Selection(validated, mask), users: 0 };
    selections.set(key, shared);
    shared.users += 1;
    let released = false;
    return {
      followed,
      selection: shared.selection,
      release() {
        if (released) return;
        released = true;
        stopHolding();
        shared.users -= 1;
        if (shared.users === 0) selections.delete(key);
      },
    };
  }

  return {
    /**
     * Reads the arguments of a subscription and shares its selection, or says what is wrong. `work` belongs to the
     * client, which may have a bounded number of selections of its own. `lastId` is the id that a browser sends when it
     * reconnects by itself, and overrules the arguments.
     */
    async open(
      args: ExecutionArgs,
      work: Work = FREE,
      lastId: string | undefined = undefined,
    ): Promise<Opened | ExecutionResult> {
      if (lastId) return read(args, work, lastId, undefined);
      const name = nameOf(args);
      const known = name === undefined ? undefined : kept.get(name);
      return known ? share(known, work) : read(args, work, undefined, name);
    },
  };

  /** Keeps what it has read under `name`, if it has one. */
  async function read(
    args: ExecutionArgs,
    work: Work,
    lastId: string | undefined,
    name: string | undefined,
  ): Promise<Opened | ExecutionResult> {
    let followed: Followed | undefined;
    // The context of the request belongs to one listener, and the selection outlives it.
    const contextValue: ApiContext = {
      ...context,
      follow(track, start) {
        followed = { track, start: lastId ? { after: readCursor(lastId) } : start };
        return NO_EVENTS;
      },
      watch(request) {
        followed = request;
        return NO_EVENTS;
      },
    };
    const validated = validateSubscriptionArgs({ ...args, rootValue: undefined, contextValue });
    if (!isArguments(validated)) return maskErrors({ errors: validated }, mask);
    const source = await createSourceEventStream(validated);
    if (followed === undefined) return maskErrors(source as ExecutionResult, mask);
    const found = { validated, followed, key: keyOf(args) };
    if (name !== undefined) kept.set(name, found);
    return share(found, work);
  }
}

/** Whether no other value of a variable has the same JSON. */
function isPlain(value: unknown): boolean {
  return (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    Number.isFinite(value)
  );
}

function rejected(error: UserError): ExecutionResult {
  return { errors: [toGraphQLError(error)] };
}

/** Counts what a subscription uses for the client's address. */
function hold(work: Work, selection: string, followed: Followed): (() => void) | UserError {
  const release = work.hold('selections', selection);
  if (release instanceof UserError || !('span' in followed)) return release;
  const releaseWindow = work.hold('windows', `${followed.span} ${followed.track.canonical}`);
  if (releaseWindow instanceof UserError) {
    release();
    return releaseWindow;
  }
  return () => {
    release();
    releaseWindow();
  };
}

/** Events reach a listener from its topic, and not through the stream that graphql-js asks for. */
const NO_EVENTS: AsyncIterable<never> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
};

function isArguments(
  validated: ValidatedSubscriptionArgs | readonly GraphQLError[],
): validated is ValidatedSubscriptionArgs {
  return 'operation' in validated;
}
