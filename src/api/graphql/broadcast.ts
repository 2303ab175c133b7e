// Subscriptions that share their work: everybody who wants the same of an event shares one selection.

import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type ValidatedSubscriptionArgs,
  validateSubscriptionArgs,
} from 'graphql';
import { type Clock, systemClock } from '../../base/clock.ts';
import { UserError } from '../../base/user-error.ts';
import { DropOldestQueue } from '../../stream/drop-oldest-queue.ts';
import type { Telemetry } from '../../stream/telemetry.ts';
import { TopicStream } from '../../stream/topic-stream.ts';
import type { Track } from '../../track/track.ts';
import { type Client, EXPIRED, UNLIMITED } from '../access/auth.ts';
import { FREE, type Work } from '../access/work-budget.ts';
import type { Drain } from '../socket/drain.ts';
import type { ApiContext } from './builder.ts';
import { GAP, type Missed } from './loss-notice.ts';
import { toGraphQLError } from './masked-errors.ts';
import { type EncodedResult, type Mask, maskErrors, Selection, withMissed } from './selection.ts';
import { type Shape, shapeOf } from './shape.ts';

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

/** The server computes each for every event of its topics. A selection takes about 100 kB, so these take 100 MB. */
export const MAX_SELECTIONS = 1024;
const TOO_MANY = `The server has ${MAX_SELECTIONS} different selections of events, which is its limit; select what other clients select, or try again later.`;

type Results = AsyncIterableIterator<ExecutionResult>;

interface Shared {
  readonly selection: Selection;
  users: number;
}

export class Broadcast {
  readonly #context: ApiContext;
  readonly #mask: Mask;
  readonly #telemetry: Pick<Telemetry, 'dropped'>;
  readonly #onResult: () => void;
  readonly #clock: Clock;
  /** By shape, and by what else matters. */
  readonly #selections = new Map<string, Shared>();
  /** Equal texts are parsed to the same document. */
  readonly #shapes = new WeakMap<DocumentNode, Shape>();
  /** What ends each stream of results that is open. */
  readonly #ends = new Set<Drain>();

  /** `onResult` is told of every result of an event that is handed to a stream. */
  constructor(
    context: ApiContext,
    mask: Mask,
    telemetry: Pick<Telemetry, 'dropped'>,
    onResult: () => void = () => {},
    clock: Clock = systemClock,
  ) {
    this.#context = context;
    this.#mask = mask;
    this.#telemetry = telemetry;
    this.#onResult = onResult;
    this.#clock = clock;
  }

  /**
   * Reads the arguments of a subscription and shares its selection, or says what is wrong. `work` is of the
   * client, which may have so many selections that are its own.
   */
  async open(args: ExecutionArgs, work: Work = FREE): Promise<Opened | ExecutionResult> {
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
    const shared = this.#share(args, validated, work);
    if (shared instanceof UserError) return { errors: [toGraphQLError(shared)] };
    return { track: source.track, ...shared };
  }

  /**
   * A subscription as a stream of results, which holds back a bounded number for a slow reader. It ends
   * with `connection` at the latest, even when nothing reads it, and listens to nothing after that.
   */
  async results(
    args: ExecutionArgs,
    connection: Connection,
    { pass, work }: Client = { pass: UNLIMITED, work: FREE },
  ): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
    const opened = await this.open(args, work);
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
        this.#telemetry.dropped();
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
  drains(): readonly Drain[] {
    return [...this.#ends];
  }

  #share(
    args: ExecutionArgs,
    validated: ValidatedSubscriptionArgs,
    work: Work,
  ): Omit<Opened, 'track'> | UserError {
    const key = this.#keyOf(args);
    const known = this.#selections.get(key);
    if (known === undefined && this.#selections.size >= MAX_SELECTIONS) {
      return work.reject('address', TOO_MANY);
    }
    const stopHolding = work.hold(key);
    if (stopHolding instanceof UserError) return stopHolding;
    const shared = known ?? { selection: new Selection(validated, this.#mask), users: 0 };
    this.#selections.set(key, shared);
    shared.users += 1;
    let released = false;
    return {
      selection: shared.selection,
      release: () => {
        if (released) return;
        released = true;
        stopHolding();
        shared.users -= 1;
        if (shared.users === 0) this.#selections.delete(key);
      },
    };
  }

  /** Equal for operations that have equal results for every event. */
  #keyOf({ schema, document, operationName, variableValues }: ExecutionArgs): string {
    let shape = this.#shapes.get(document);
    if (shape === undefined) {
      shape = shapeOf(schema, document);
      this.#shapes.set(document, shape);
    }
    // A variable that is absent has its default, one that is null has not.
    const given = shape.variables.filter(
      (name) => variableValues && Object.hasOwn(variableValues, name),
    );
    const values = given.map((name) => [name, variableValues?.[name]]);
    return JSON.stringify([shape.key, operationName ?? null, values]);
  }
}

function isArguments(
  validated: ValidatedSubscriptionArgs | readonly GraphQLError[],
): validated is ValidatedSubscriptionArgs {
  return 'operation' in validated;
}
