// A bounded queue between a topic and a reader that may be slower: when it is full, the oldest goes.

/** Items that may wait for a reader, and their bytes where it is known how many they have. */
const QUEUE_CAPACITY = 1024;
export const QUEUE_BYTES = 1024 * 1024;

export interface QueueOptions<T> {
  readonly capacity?: number;
  /** How much of `QUEUE_BYTES` an item takes; nothing without it. */
  readonly bytesOf?: (item: T) => number;
  /** Called for each item dropped. */
  readonly onDrop?: (item: T) => void;
  /** Called when the reader wants no more. */
  readonly onReturn?: () => void;
}

/** To be read by one reader, one `next()` at a time. */
export class DropOldestQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #options: QueueOptions<T>;
  readonly #capacity: number;
  /** Waiting items stand from `#head` on; before it, only what has not been cut off yet. */
  #items: (T | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  #reader: PromiseWithResolvers<IteratorResult<T, undefined>> | undefined;
  #ended = false;
  #error: Error | undefined;

  constructor(options: QueueOptions<T> = {}) {
    this.#options = options;
    this.#capacity = options.capacity ?? QUEUE_CAPACITY;
  }

  push(item: T): void {
    if (this.#ended) return;
    if (this.#reader) {
      this.#reader.resolve({ done: false, value: item });
      this.#reader = undefined;
      return;
    }
    this.#items.push(item);
    this.#bytes += this.#bytesOf(item);
    while (this.#items.length - this.#head > this.#capacity || this.#bytes > QUEUE_BYTES) {
      const oldest = this.#shift();
      this.#options.onDrop?.(oldest);
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
    if (this.#head < this.#items.length) return { done: false, value: this.#shift() };
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

  /** Takes the oldest; there has to be one. */
  #shift(): T {
    const item = this.#items[this.#head] as T;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    this.#bytes -= this.#bytesOf(item);
    if (this.#head === this.#items.length || this.#head > this.#capacity) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  #bytesOf(item: T): number {
    return this.#options.bytesOf?.(item) ?? 0;
  }
}
