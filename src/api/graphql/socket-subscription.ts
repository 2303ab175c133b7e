// A subscription on a WebSocket. To graphql-ws it is the stream of results that the library expects. That stream
// yields no event, only the error that ended the events if there was one; returning it ends the subscription.

import type { ExecutionResult } from 'graphql';
import type { UserError } from '../../base/user-error.ts';
import type { Outbox } from '../socket/outbox.ts';
import type { Opened } from './broadcast.ts';
import { toGraphQLError } from './masked-errors.ts';
import type { EncodedResult } from './selection.ts';
import { Subscription } from './subscription.ts';

type Result = IteratorResult<ExecutionResult, void>;

/** Closes the message around a result. */
const SUFFIX = [...Buffer.from('}')];

export class SocketSubscription
  extends Subscription
  implements AsyncGenerator<ExecutionResult, void>
{
  readonly #outbox: Outbox;
  #error: UserError | undefined;
  #wake: ((result: Result) => void) | undefined;

  /** `id` is the client's name for the operation. */
  constructor(id: string, opened: Opened, outbox: Outbox) {
    const prefix = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`);
    super({ prefix, suffix: SUFFIX }, opened, outbox);
    this.#outbox = outbox;
  }

  protected override payloadOf({ json }: EncodedResult): Buffer {
    return json;
  }

  protected override ended(error: UserError | undefined): void {
    this.#error = error;
    this.#wake?.(this.#last());
  }

  next(): Promise<Result> {
    return new Promise((resolve) => {
      if (this.hasEnded) resolve(this.#last());
      else this.#wake = resolve;
    });
  }

  async return(): Promise<Result> {
    this.end();
    this.#outbox.forget(this);
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<Result> {
    this.end();
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #last(): Result {
    const error = this.#error;
    this.#error = undefined;
    if (error === undefined) return { done: true, value: undefined };
    return { done: false, value: { errors: [toGraphQLError(error)] } };
  }
}
