// A bounded queue between a topic and a reader that may be slower: when it is full, the oldest goes.

import type { Clock } from '../base/clock.ts';
import { isTooMuch } from './room.ts';

/** Items taken that are kept as holes, since cutting off each would move all that wait. */
const CUT_OFF_AFTER = 1024;

export interface QueueOptions<T> {
  /** The bytes of an item; none without it. */
  readonly bytesOf?: (item: T) => number;
  /** Tells how long the reader has been behind. Without it, there is no room for bursts. */
  readonly clock?: Pick<Clock, 'monotonic'>;
  /** Called for each item dropped. */
  readonly onDrop?: (item: T) => void;
  /** Called when the reader wants no more. */
  readonly onReturn?: () => void;
}

/** To be read by one reader, one `next()` at a time. */
export class DropOldestQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #options: QueueOptions<T>;
  /** Waiting items stand from `#head` on; before it, only what has not been cut off yet. */
  #items: (T | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  /** When the reader fell behind: since then, something has always waited. */
  #behindSince = 0;
  #reader: PromiseWithResolvers<IteratorResult<T, undefined>> | undefined;
  #ended = false;
  #error: Error | undefined;

  constructor(options: QueueOptions<T> = {}) {
    this.#options = options;
  }

  push(item: T): void {
    if (this.#ended) return;
    if (this.#reader) {
      this.#reader.resolve({ done: false, value: item });
      this.#reader = undefined;
      return;
    }
    const { clock, onDrop } = this.#options;
    if (this.#waiting === 0 && clock) this.#behindSince = clock.monotonic();
    this.#items.push(item);
    this.#bytes += this.#bytesOf(item);
    if (!isTooMuch(this.#waiting, this.#bytes)) return;
    const behindFor = clock ? clock.monotonic() - this.#behindSince : Number.POSITIVE_INFINITY;
    while (isTooMuch(this.#waiting, this.#bytes, behindFor)) {
      const oldest = this.#shift();
      onDrop?.(oldest);
    }
  }

  /** No more items: the reader gets what waits, then the end or `error`. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    if (!this.#reader) this.#error = error;
    else if (error) this.#reader.reject(error);
    else this.#reader.resolve({ done: true, value: undefined });
    this.#reader = undefined;
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#waiting > 0) return { done: false, value: this.#shift() };
    if (this.#error) {
      const error = this.#error;
      this.#error = undefined;
      throw error;
    }
    if (this.#ended) return { done: true, value: undefined };
    this.#reader ??= Promise.withResolvers();
    return this.#reader.promise;
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#items = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#error = undefined;
    this.end();
    this.#options.onReturn?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  get #waiting(): number {
    return this.#items.length - this.#head;
  }

  /** Takes the oldest; there has to be one. */
  #shift(): T {
    const item = this.#items[this.#head] as T;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    this.#bytes -= this.#bytesOf(item);
    if (this.#head === this.#items.length || this.#head > CUT_OFF_AFTER) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  #bytesOf(item: T): number {
    return this.#options.bytesOf?.(item) ?? 0;
  }
}
