// A selection: what some listeners want of every event. The result of an event is computed and encoded
// once for it, however many listeners there are and whichever tracks they follow.

import {
  type ExecutionResult,
  executeSubscriptionEvent,
  type GraphQLError,
  type ValidatedSubscriptionArgs,
} from 'graphql';
import type { SentimentEvent } from '../../sentiment/analysis.ts';
import { extensionsOf, type Missed } from './loss-notice.ts';
import { planSelection } from './selection-plan.ts';

/** A result, and what it is sent as. */
export interface EncodedResult extends ExecutionResult {
  /** The end of a `next` message: the result, and the brace that closes the message around it. */
  readonly ending: Buffer;
  /** For Yoga, which asks a result how it wants to be encoded. */
  stringify(): string;
}

/** Turns an error that is ours into one that can be shown. */
export type Mask = (error: GraphQLError) => GraphQLError;

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

  /** The result of `event`, the same object for all who ask before the next event. */
  resultOf(event: SentimentEvent): EncodedResult {
    if (this.#result === undefined || this.#event !== event) {
      this.#result = this.#compute(event);
      this.#event = event;
    }
    return this.#result;
  }

  #compute(event: SentimentEvent): EncodedResult {
    const data = this.#plan(event);
    if (data !== undefined) return encode({ data: data as ExecutionResult['data'] });
    const result = executeSubscriptionEvent({ ...this.#args, rootValue: event });
    if ('then' in result) throw new Error('a field of an event was not there at once');
    return encode(maskErrors(result, this.#mask));
  }
}

export function maskErrors(result: ExecutionResult, mask: Mask): ExecutionResult {
  return result.errors === undefined ? result : { ...result, errors: result.errors.map(mask) };
}

/** As graphql-ws writes a result: the errors last. */
function encode(result: ExecutionResult): EncodedResult {
  const { errors, ...rest } = result;
  const json = JSON.stringify(errors === undefined ? rest : { ...rest, errors });
  return { ...result, ending: Buffer.from(`${json}}`), stringify: () => json };
}

/** The same result, telling what was missed before it, and what it told already. */
export function withMissed(result: EncodedResult, { dropped, gap }: Missed): EncodedResult {
  const { ending: _, stringify: __, ...told } = result;
  const all = { dropped, gap: gap || told.extensions?.gap === true };
  return encode({ ...told, extensions: extensionsOf(all) });
}
