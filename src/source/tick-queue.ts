// Spreads what an upstream sends in a burst over several ticks, so that the event loop goes on in between.

export interface TickQueueEvents<T> {
  read(item: T): void;
  /** A tick began with nothing left to read. */
  empty(): void;
}

export class TickQueue<T> {
  readonly #perTick: number;
  readonly #events: TickQueueEvents<T>;
  readonly #waiting: Iterator<T>[] = [];
  #readThisTick = 0;
  #isScheduled = false;

  /** At most `perTick` items are read in one tick. */
  constructor(perTick: number, events: TickQueueEvents<T>) {
    this.#perTick = perTick;
    this.#events = events;
  }

  /** How many batches wait, wholly or in part. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Reads the items now, as far as this tick allows. They are produced as they are read. */
  push(items: Iterable<T>): void {
    this.#waiting.push(items[Symbol.iterator]());
    this.#read();
  }

  /** Takes the next item out of the queue, whatever the tick allows. */
  take(): T | undefined {
    for (let batch = this.#waiting[0]; batch !== undefined; batch = this.#waiting[0]) {
      const next = batch.next();
      if (next.done !== true) return next.value;
      this.#waiting.shift();
    }
    return undefined;
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  #read(): void {
    if (!this.#isScheduled) setImmediate(() => this.#nextTick());
    this.#isScheduled = true;
    while (this.#readThisTick < this.#perTick) {
      const item = this.take();
      if (item === undefined) return;
      this.#readThisTick += 1;
      this.#events.read(item);
    }
  }

  #nextTick(): void {
    this.#isScheduled = false;
    this.#readThisTick = 0;
    if (this.length > 0) this.#read();
    else this.#events.empty();
  }
}
