// A subscription on a WebSocket: hears the events, and has the outbox send what is selected of each.

import type { ExecutionResult } from 'graphql';
import type { UserError } from '../../base/user-error.ts';
import type { SentimentEvent } from '../../sentiment/analysis.ts';
import type { Multiplexer } from '../../stream/multiplexer.ts';
import type { Listener } from '../../stream/topic.ts';
import { EXPIRED, type Pass } from '../access/auth.ts';
import type { Outbox } from '../socket/outbox.ts';
import type { EventStream } from '../socket/outbox-queue.ts';
import type { Opened } from './broadcast.ts';
import { GAP, saysGap, tellMissed } from './loss-notice.ts';
import { toGraphQLError } from './masked-errors.ts';
import type { Selection } from './selection.ts';

type Result = IteratorResult<ExecutionResult, void>;

/**
 * To the library it is the stream of results that it wants. That yields no event, only why the events
 * ended if there is something to say, and stops them when it is returned.
 */
export class SocketSubscription
  implements Listener, EventStream, AsyncGenerator<ExecutionResult, void>
{
  readonly prefix: Buffer;
  dropped = 0;
  readonly #selection: Selection;
  readonly #release: () => void;
  #unwatch: (() => void) | undefined;
  readonly #outbox: Outbox;
  #stop: (() => void) | undefined;
  #ended = false;
  /** Whether the next event has to tell of a gap, and whether one that was dropped would have. */
  #gap = false;
  #droppedGap = false;
  #error: UserError | undefined;
  #wake: ((result: Result) => void) | undefined;

  /** `id` is the client's name for the operation. */
  constructor(
    id: string,
    { track, selection, release }: Opened,
    outbox: Outbox,
    multiplexer: Multiplexer,
  ) {
    this.prefix = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`);
    this.#selection = selection;
    this.#release = release;
    this.#outbox = outbox;
    this.#stop = multiplexer.listen(track, this);
  }

  /** Ends with the token that it was opened with. */
  watch(pass: Pass): void {
    this.#unwatch = pass.onExpiry(() => this.end(EXPIRED));
    if (this.#ended) this.#unwatch();
  }

  event(event: SentimentEvent): void {
    const { ending } = this.#selection.resultOf(event);
    this.#outbox.push(this, this.#gap ? tellMissed(ending, GAP) : ending);
    this.#gap = false;
  }

  gap(): void {
    this.#gap = true;
  }

  drop(ending: Buffer): void {
    this.dropped += 1;
    this.#droppedGap ||= saysGap(ending);
  }

  tellDropped(ending: Buffer): Buffer {
    const told = tellMissed(ending, { dropped: this.dropped, gap: this.#droppedGap });
    this.dropped = 0;
    this.#droppedGap = false;
    return told;
  }

  end(error?: UserError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#stop?.();
    this.#release();
    this.#unwatch?.();
    this.#wake?.(this.#last());
  }

  async next(): Promise<Result> {
    return this.#ended ? this.#last() : new Promise((resolve) => (this.#wake = resolve));
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
