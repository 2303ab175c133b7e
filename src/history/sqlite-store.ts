// A store in SQLite: in memory, or in a file. A worker thread does the work; this is the side of the main thread.

import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { BoundedLog } from '../stream/telemetry.ts';
import { type Answer, IN_MEMORY, type Request, type WorkerOptions } from './sqlite-message.ts';
import {
  type MinuteBatch,
  NOTHING,
  type Span,
  type Store,
  type Stored,
  type StoreState,
} from './store.ts';

/** What is sent in one tick: so many topics and hashtags, or so many times NAME_CHARACTERS of their names. */
const PART = 500;
const NAME_CHARACTERS = 64;

const FAILED = 'The history has failed. It starts again with the next minute.';

export class SqliteStore implements Store {
  readonly #options: WorkerOptions;
  readonly #log: BoundedLog;
  #state: StoreState = { faults: 0, bytes: 0 };
  /** Faults of workers that have ended. */
  #earlierFaults = 0;
  #worker: Worker | undefined;
  /** In memory, the first batch waits here, so that a server that hardly counts starts no worker. */
  #first: MinuteBatch | undefined;
  readonly #waiting = new Map<number, (stored: Stored) => void>();
  #nextId = 0;
  /** Whether the last worker failed. The next batch starts another one. */
  #hasFailed = false;
  /** Resolves once everything up to now has been sent. */
  #sent: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;

  /** A file is opened at once, so that its faults show at once. */
  constructor(options: WorkerOptions, log: BoundedLog) {
    this.#options = options;
    this.#log = log;
    if (!this.#isInMemory) this.#start();
  }

  get state(): StoreState {
    return { ...this.#state, faults: this.#state.faults + this.#earlierFaults };
  }

  append(batch: MinuteBatch): void {
    if (this.#closed !== undefined) return;
    if (this.#worker === undefined && this.#first === undefined && this.#isInMemory) {
      this.#first = batch;
      return;
    }
    this.#sendFirst();
    this.#inOrder(() => this.#sendBatch(batch));
  }

  read(span: Span): Promise<Stored> {
    if (this.#closed !== undefined || this.#hasFailed) return Promise.resolve(NOTHING);
    this.#sendFirst();
    const { promise, resolve } = Promise.withResolvers<Stored>();
    const id = this.#nextId++;
    this.#waiting.set(id, resolve);
    this.#inOrder(() => this.#send({ kind: 'read', id, span }));
    return promise;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  get #isInMemory(): boolean {
    return this.#options.path === IN_MEMORY;
  }

  #sendFirst(): void {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) this.#inOrder(() => this.#sendBatch(first));
  }

  async #close(): Promise<void> {
    await this.#sent;
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = once(worker, 'exit');
    this.#send({ kind: 'close' });
    // Memory has nothing left to write.
    if (!this.#isInMemory) await ended;
  }

  /** Sends what `send` sends after everything that came before. */
  #inOrder(send: () => Promise<void> | void): void {
    this.#sent = this.#sent.then(send);
  }

  async #sendBatch({ minute, end, counts, complete }: MinuteBatch): Promise<void> {
    const rows = counts[Symbol.iterator]();
    const topics = complete[Symbol.iterator]();
    this.#hasFailed = false;
    const worker = this.#worker ?? this.#start();
    for (;;) {
      const part = {
        kind: 'part',
        counts: take(rows, ({ topic, hashtags }) => sizeOf(topic) + hashtags.length),
        complete: take(topics, sizeOf),
      } as const;
      if (part.counts.length === 0 && part.complete.length === 0) break;
      this.#send(part);
      await setImmediate();
      // Half a batch must not pass for a whole one.
      if (this.#worker !== worker) return;
    }
    this.#send({ kind: 'batch', minute, end });
  }

  #send(request: Request): void {
    const worker = this.#worker ?? this.#start();
    worker.postMessage(request);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), {
      workerData: this.#options,
    });
    worker.on('message', (answer: Answer) => this.#hear(answer));
    worker.on('error', (error) => {
      // Only a bug gets here. The live stream goes on. The next batch starts another worker, without what this one kept in memory.
      this.#earlierFaults += this.#state.faults + 1;
      this.#state = { faults: 0, bytes: 0, problem: FAILED };
      this.#hasFailed = true;
      this.#log.error(FAILED, error);
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const resolve of this.#waiting.values()) resolve(NOTHING);
      this.#waiting.clear();
    });
    this.#worker = worker;
    return worker;
  }

  #hear(answer: Answer): void {
    if (answer.kind === 'stored') {
      this.#waiting.get(answer.id)?.(answer.stored);
      this.#waiting.delete(answer.id);
      return;
    }
    const { problem } = this.#state;
    this.#state = answer.state;
    if (answer.state.problem === problem) return;
    if (answer.state.problem !== undefined) this.#log.error(answer.state.problem);
    else this.#log.info('The history is written again.');
  }
}

/** The next ones, of a size of PART together. */
function take<T>(items: Iterator<T>, size: (item: T) => number): T[] {
  const taken: T[] = [];
  for (let sum = 0; sum < PART; ) {
    const { done, value } = items.next();
    if (done) break;
    taken.push(value);
    sum += size(value);
  }
  return taken;
}

function sizeOf(name: string): number {
  return 1 + name.length / NAME_CHARACTERS;
}
