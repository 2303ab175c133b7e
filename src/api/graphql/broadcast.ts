// Subscriptions that share their work: everybody who wants the same of an event shares one selection.

import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  TypeInfo,
  type ValidatedSubscriptionArgs,
  validateSubscriptionArgs,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { type Clock, systemClock } from '../../clock.ts';
import { DropOldestQueue } from '../../stream/drop-oldest-queue.ts';
import { TopicStream } from '../../stream/topic-stream.ts';
import type { Track } from '../../track/track.ts';
import type { UserError } from '../../user-error.ts';
import { EXPIRED, type Pass, UNLIMITED } from '../auth.ts';
import type { Goodbye } from '../farewell.ts';
import type { ApiContext } from './builder.ts';
import { toGraphQLError } from './errors.ts';
import { GAP, type Missed } from './missed.ts';
import { type EncodedResult, type Mask, maskErrors, Selection, withMissed } from './selection.ts';

/** A subscription that was understood: what it listens to, and what it wants of every event. */
export interface Opened {
  readonly track: Track;
  readonly selection: Selection;
  /** To be called when nobody asks this subscription's selection any more. */
  release(): void;
}

/** What a stream of results reaches its client through: a response, for one. */
export interface Connection {
  /** Whether it has closed, or is about to. */
  readonly destroyed: boolean;
  once(event: 'close', then: () => void): unknown;
}

type Results = AsyncIterableIterator<ExecutionResult>;

interface Shared {
  readonly selection: Selection;
  users: number;
}

export class Broadcast {
  readonly #context: ApiContext;
  readonly #mask: Mask;
  readonly #onResult: () => void;
  readonly #clock: Clock;
  /** By document, since equal texts are parsed to the same one, then by what else matters. */
  readonly #selections = new WeakMap<DocumentNode, Map<string, Shared>>();
  readonly #variables = new WeakMap<DocumentNode, readonly string[]>();
  /** What ends each stream of results that is open. */
  readonly #ends = new Set<Goodbye>();

  /** `onResult` is told of every result of an event that is handed to a stream. */
  constructor(
    context: ApiContext,
    mask: Mask,
    onResult: () => void = () => {},
    clock: Clock = systemClock,
  ) {
    this.#context = context;
    this.#mask = mask;
    this.#onResult = onResult;
    this.#clock = clock;
  }

  /** Reads the arguments of a subscription and shares its selection, or says what is wrong. */
  async open(args: ExecutionArgs): Promise<Opened | ExecutionResult> {
    // Those of the request are each listener's own, and the selection outlives it.
    const validated = validateSubscriptionArgs({
      ...args,
      rootValue: undefined,
      contextValue: this.#context,
    });
    if (!isArguments(validated)) return { errors: validated };
    const source = await createSourceEventStream(validated);
    if (!(source instanceof TopicStream)) {
      if (Symbol.asyncIterator in source) throw new Error('a subscription to what is no topic');
      return maskErrors(source, this.#mask);
    }
    return { track: source.track, ...this.#share(args, validated) };
  }

  /**
   * A subscription as a stream of results, which holds back a bounded number for a slow reader. It ends
   * with `connection` at the latest, whether anybody reads it or not, and listens to nothing after that.
   */
  async results(
    args: ExecutionArgs,
    connection: Connection,
    pass: Pass = UNLIMITED,
  ): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
    const opened = await this.open(args);
    if (!('selection' in opened)) return opened;
    const { track, selection, release } = opened;
    if (connection.destroyed) {
      release();
      return { errors: [new GraphQLError('The client has left.')] };
    }
    /** What the next result that is read has to tell of, and whether the next event has to. */
    let missed: Missed = { dropped: 0, gap: false };
    let gap = false;
    let stop = () => {};
    const leave = () => {
      stop();
      unwatch();
      release();
      this.#ends.delete(end);
    };
    const queue = new DropOldestQueue<ExecutionResult | EncodedResult>({
      clock: this.#clock,
      bytesOf: (result) => ('ending' in result ? result.ending.length : 0),
      onDrop: ({ extensions }) => {
        missed = { dropped: missed.dropped + 1, gap: missed.gap || extensions?.gap === true };
        this.#context.multiplexer.countDropped();
      },
      onReturn: leave,
    });
    const end = (error?: UserError) => {
      if (error) queue.push({ errors: [toGraphQLError(error)] });
      queue.end();
      leave();
    };
    this.#ends.add(end);
    connection.once('close', () => void queue.return());
    const unwatch = pass.onExpiry(() => end(EXPIRED));
    stop = this.#context.multiplexer.listen(track, {
      event: (event) => {
        const result = selection.resultOf(event);
        queue.push(gap ? withMissed(result, GAP) : result);
        gap = false;
        this.#onResult();
      },
      gap() {
        gap = true;
      },
      end,
    });
    const results: Results = {
      async next() {
        const result = await queue.next();
        if (result.done || missed.dropped === 0 || !('ending' in result.value)) return result;
        const value = withMissed(result.value as EncodedResult, missed);
        missed = { dropped: 0, gap: false };
        return { done: false, value };
      },
      return: () => queue.return(),
      [Symbol.asyncIterator]: () => results,
    };
    return results;
  }

  /** How many streams of results are open. */
  get streams(): number {
    return this.#ends.size;
  }

  /** One for each open stream of results: ends it once what waits is read. */
  goodbyes(): readonly Goodbye[] {
    return [...this.#ends];
  }

  #share(args: ExecutionArgs, validated: ValidatedSubscriptionArgs): Omit<Opened, 'track'> {
    const { document } = args;
    const ofDocument = this.#selections.get(document) ?? new Map<string, Shared>();
    this.#selections.set(document, ofDocument);
    const key = this.#keyOf(args);
    const shared = ofDocument.get(key) ?? {
      selection: new Selection(validated, this.#mask),
      users: 0,
    };
    ofDocument.set(key, shared);
    shared.users += 1;
    let released = false;
    return {
      selection: shared.selection,
      release() {
        if (released) return;
        released = true;
        shared.users -= 1;
        if (shared.users === 0) ofDocument.delete(key);
      },
    };
  }

  /** Equal for operations of one document that have equal results for every event. */
  #keyOf({ schema, document, operationName, variableValues }: ExecutionArgs): string {
    let names = this.#variables.get(document);
    if (names === undefined) {
      names = selectingVariables(schema, document);
      this.#variables.set(document, names);
    }
    // A variable that is absent has its default, one that is null has not.
    const given = names.filter((name) => variableValues && Object.hasOwn(variableValues, name));
    const values = given.map((name) => [name, variableValues?.[name]]);
    return JSON.stringify([operationName ?? null, values]);
  }
}

function isArguments(
  validated: ValidatedSubscriptionArgs | readonly GraphQLError[],
): validated is ValidatedSubscriptionArgs {
  return 'operation' in validated;
}

/** The variables that have a say in what is selected: all but those in arguments of the subscription itself. */
function selectingVariables(schema: GraphQLSchema, document: DocumentNode): string[] {
  const types = new TypeInfo(schema);
  const names = new Set<string>();
  const root = schema.getSubscriptionType();
  visit(
    document,
    visitWithTypeInfo(types, {
      VariableDefinition: () => false,
      Argument: () => (types.getParentType() === root && !types.getDirective() ? false : undefined),
      Variable: ({ name }) => void names.add(name.value),
    }),
  );
  return [...names].sort();
}
