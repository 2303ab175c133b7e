// A selection: the fields of every event, or window, that some listeners want. The result of an event is computed and
// encoded once for it, however many listeners there are and whichever tracks they follow.

import {
  type ExecutionResult,
  executeSubscriptionEvent,
  type GraphQLError,
  type ValidatedSubscriptionArgs,
} from 'graphql';
import { formatCursor, type Position } from '../../base/position.ts';
import type { SentimentEvent } from '../../sentiment/analysis.ts';
import type { TrackWindow } from '../../stream/windows.ts';
import { planSelection } from './selection-plan.ts';

/** Turns an error into one that a client may see. */
export type Mask = (error: GraphQLError) => GraphQLError;

/** A subscription sends one result for each of these. */
type Sendable = SentimentEvent | TrackWindow;

/** A result in JSON, as the transports send it. */
export class EncodedResult {
  readonly json: Buffer;
  readonly #position: Position | undefined;
  #withId: Buffer | undefined;

  /** A window has no position. */
  constructor(json: Buffer, position: Position | undefined) {
    this.json = json;
    this.#position = position;
  }

  /** With the cursor, if there is one, as the id of a Server-Sent Event, which a browser sends back when it reconnects. */
  get withId(): Buffer {
    const id = this.#position && `id: ${formatCursor(this.#position)}\n`;
    this.#withId ??= Buffer.concat([Buffer.from(`${id ?? ''}data: `), this.json]);
    return this.#withId;
  }
}

export class Selection {
  readonly #args: ValidatedSubscriptionArgs;
  readonly #mask: Mask;
  readonly #plan: (event: Sendable) => unknown;
  #event: Sendable | undefined;
  #result: EncodedResult | undefined;

  constructor(args: ValidatedSubscriptionArgs, mask: Mask) {
    this.#args = args;
    this.#mask = mask;
    this.#plan = planSelection(args);
  }

  /** The result of `event`; the same object for every call before the next event. */
  resultOf(event: Sendable): EncodedResult {
    if (this.#result === undefined || this.#event !== event) {
      this.#result = this.encode(event);
      this.#event = event;
    }
    return this.#result;
  }

  encode(event: Sendable): EncodedResult {
    const position = 'position' in event ? event.position : undefined;
    return new EncodedResult(this.#compute(event), position);
  }

  #compute(event: Sendable): Buffer {
    const data = this.#plan(event);
    if (data !== undefined) return encode({ data: data as ExecutionResult['data'] });
    const result = executeSubscriptionEvent({ ...this.#args, rootValue: event });
    if ('then' in result) throw new Error('a field of an event was a promise');
    return encode(maskErrors(result, this.#mask));
  }
}

export function maskErrors(result: ExecutionResult, mask: Mask): ExecutionResult {
  return result.errors === undefined ? result : { ...result, errors: result.errors.map(mask) };
}

/** As graphql-ws writes a result: the errors last. */
function encode({ errors, ...rest }: ExecutionResult): Buffer {
  return Buffer.from(JSON.stringify(errors === undefined ? rest : { ...rest, errors }));
}
