// What arrives over a connection, read in batches that leave every tick room for other work.

interface InflowEvents<T, End> {
  read(item: T): void;
  /** A tick began with nothing left to read, so a paused connection can go on. */
  resume(): void;
  /** The last event, after all that arrived before the end has been read. */
  end(end: End): void;
}

export class Inflow<T, End> {
  readonly #perTick: number;
  readonly #events: InflowEvents<T, End>;
  readonly #waiting: Iterator<T>[] = [];
  #readThisTick = 0;
  #isScheduled = false;
  #isHeld = false;
  #end: End | undefined;
  #isOver = false;

  /** At most `perTick` items are read in one tick. */
  constructor(perTick: number, events: InflowEvents<T, End>) {
    this.#perTick = perTick;
    this.#events = events;
  }

  /** How many batches wait, wholly or in part. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Reads the items now, as far as this tick allows. They are produced as they are read. */
  push(items: Iterable<T>): void {
    if (this.#isOver) return;
    this.#waiting.push(items[Symbol.iterator]());
    this.#read();
  }

  /** Ends for the first reason that is given, once all has been read. */
  end(end: End): void {
    if (this.#isOver) return;
    this.#end ??= end;
    if (this.#waiting.length > 0) return;
    this.#isOver = true;
    this.#events.end(this.#end);
  }

  /** Ends without another event. What waits can still be taken. */
  stop(): void {
    this.#isOver = true;
  }

  /** Reads nothing more until `goOn`. */
  hold(): void {
    this.#isHeld = true;
  }

  goOn(): void {
    this.#isHeld = false;
    this.#read();
  }

  take(): T | undefined {
    for (let batch = this.#waiting[0]; batch !== undefined; batch = this.#waiting[0]) {
      const next = batch.next();
      if (next.done !== true) return next.value;
      this.#waiting.shift();
    }
    return undefined;
  }

  #read(): void {
    if (!this.#isScheduled) setImmediate(() => this.#nextTick());
    this.#isScheduled = true;
    while (this.#readThisTick < this.#perTick && !this.#isOver && !this.#isHeld) {
      const item = this.take();
      if (item === undefined) return;
      this.#readThisTick += 1;
      this.#events.read(item);
    }
  }

  #nextTick(): void {
    this.#isScheduled = false;
    this.#readThisTick = 0;
    if (this.#isOver || this.#isHeld) return;
    if (this.#waiting.length > 0) this.#read();
    else if (this.#end === undefined) this.#events.resume();
    else this.end(this.#end);
  }
}
