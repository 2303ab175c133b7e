// A selection: the fields of every event that some listeners want. The result of an event is computed and encoded
// once for it, however many listeners there are and whichever tracks they follow.

import {
  type ExecutionResult,
  executeSubscriptionEvent,
  type GraphQLError,
  type ValidatedSubscriptionArgs,
} from 'graphql';
import { formatCursor } from '../../base/position.ts';
import type { SentimentEvent } from '../../sentiment/analysis.ts';
import { planSelection } from './selection-plan.ts';

/** Turns an error into one that a client may see. */
export type Mask = (error: GraphQLError) => GraphQLError;

/** The result of an event in JSON, as the transports send it. */
export class EncodedResult {
  readonly json: Buffer;
  readonly #event: SentimentEvent;
  #withId: Buffer | undefined;

  constructor(json: Buffer, event: SentimentEvent) {
    this.json = json;
    this.#event = event;
  }

  /** With the cursor as the id of a Server-Sent Event, which a browser sends back when it reconnects. */
  get withId(): Buffer {
    this.#withId ??= Buffer.concat([
      Buffer.from(`id: ${formatCursor(this.#event.position)}\ndata: `),
      this.json,
    ]);
    return this.#withId;
  }
}

export class Selection {
  readonly #args: ValidatedSubscriptionArgs;
  readonly #mask: Mask;
  readonly #plan: (event: SentimentEvent) => unknown;
  #event: SentimentEvent | undefined;
  #result: EncodedResult | undefined;

  constructor(args: ValidatedSubscriptionArgs, mask: Mask) {
    this.#args = args;
    this.#mask = mask;
    this.#plan = planSelection(args);
  }

  /** The result of `event`; the same object for every call before the next event. */
  resultOf(event: SentimentEvent): EncodedResult {
    if (this.#result === undefined || this.#event !== event) {
      this.#result = this.encode(event);
      this.#event = event;
    }
    return this.#result;
  }

  encode(event: SentimentEvent): EncodedResult {
    return new EncodedResult(this.#compute(event), event);
  }

  #compute(event: SentimentEvent): Buffer {
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
