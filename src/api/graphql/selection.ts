// A selection: the fields of every event that some listeners want. The result of an event is computed and encoded
// once for it, however many listeners there are and whichever tracks they follow.

import {
  type ExecutionResult,
  executeSubscriptionEvent,
  type GraphQLError,
  type ValidatedSubscriptionArgs,
} from 'graphql';
import type { SentimentEvent } from '../../sentiment/analysis.ts';
import { planSelection } from './selection-plan.ts';

/** Turns an error into one that a client may see. */
export type Mask = (error: GraphQLError) => GraphQLError;

export class Selection {
  readonly #args: ValidatedSubscriptionArgs;
  readonly #mask: Mask;
  readonly #plan: (event: SentimentEvent) => unknown;
  #event: SentimentEvent | undefined;
  #result: Buffer | undefined;

  constructor(args: ValidatedSubscriptionArgs, mask: Mask) {
    this.#args = args;
    this.#mask = mask;
    this.#plan = planSelection(args);
  }

  /** The result of `event` in JSON; the same bytes for every call before the next event. */
  resultOf(event: SentimentEvent): Buffer {
    if (this.#result === undefined || this.#event !== event) {
      this.#result = this.#compute(event);
      this.#event = event;
    }
    return this.#result;
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
