// A store in SQLite: in memory, or in a file. A worker thread counts and keeps; this is the side of the main thread.

import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { BoundedLog } from '../stream/telemetry.ts';
import { type CountMessage, sizeOfMessage } from './count-message.ts';
import { type Answer, IN_MEMORY, type Request, type WorkerOptions } from './sqlite-message.ts';
import {
  type EndedMinute,
  type Known,
  type MinuteBatch,
  NOTHING,
  type Share,
  type Span,
  type Store,
  type StoreState,
} from './store.ts';

/** What is sent in one tick: so many topics and hashtags, or so many times NAME_CHARACTERS of their names. */
const PART = 500;
const NAME_CHARACTERS = 64;
/**
 * Requests without an answer wait until there are so many, and then go to the worker together. A message with events
 * counts by its size, any other request as 1. A question goes at once, with all that wait.
 */
const TOLD_AT_ONCE = 8192;
/** In memory, the worker starts when more than this waits for it. */
const MOST_HELD = 100_000;
/** The worker may be this far behind, in sizes of messages. It falls behind when the disk hangs. */
const MOST_BEHIND = 10_000_000;

const BEHIND =
  'The history is too far behind: does its disk hang? Posts are not counted until it has caught up.';
const FAILED = 'The history has failed. It starts again with the next minute.';

export class SqliteStore implements Store {
  readonly #options: WorkerOptions;
  readonly #log: BoundedLog;
  #state: StoreState = { faults: 0, bytes: 0 };
  /** Faults of workers that have ended. */
  #earlierFaults = 0;
  #worker: Worker | undefined;
  /** In memory, what comes first waits here, so that a server that hardly counts starts no worker. */
  #held: (() => Promise<void> | void)[] | undefined;
  #heldSize = 0;
  #hasEnded = false;
  /** Topics that are followed by what was sent, by their slots, for a worker that starts later. */
  readonly #topics: (string | undefined)[] = [];
  /** What the worker is yet to be told. */
  #untold: Request[] = [];
  #untoldSize = 0;
  /** Sizes of the messages that the worker got, and has yet to count. */
  #behind = 0;
  /** Take the values of the answers, or nothing if the worker has failed. */
  readonly #waiting = new Map<number, (value?: Known | readonly Uint8Array[]) => void>();
  #nextId = 0;
  /** Whether the last worker failed. The next batch starts another one, and until then nothing is counted. */
  #hasFailed = false;
  readonly #lost: () => void;
  /** Resolves once everything up to now has been sent. */
  #sent: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;

  /**
   * A file is opened at once, so that its faults show at once. Calls `lost` when what was counted in the running minute is
   * lost, and the rest of that minute as well.
   */
  constructor(options: WorkerOptions, log: BoundedLog, lost: () => void) {
    this.#options = options;
    this.#log = log;
    this.#lost = lost;
    if (this.#isInMemory) this.#held = [];
    else this.#start();
  }

  get state(): StoreState {
    return { ...this.#state, faults: this.#state.faults + this.#earlierFaults };
  }

  follow(slot: number, topic: string): void {
    this.#tell({ kind: 'follow', slot, topic });
  }

  leave(slot: number): void {
    this.#tell({ kind: 'leave', slot });
  }

  count(message: CountMessage): void {
    if (this.#behind > MOST_BEHIND) this.#lose();
    else this.#tell({ kind: 'count', message }, sizeOfMessage(message));
  }

  forget(): void {
    this.#tell({ kind: 'forget' });
  }

  end(ended: EndedMinute, share?: Share): Promise<readonly Uint8Array[]> {
    if (this.#hasEnded || share !== undefined) this.#begin();
    this.#hasEnded = true;
    return this.#ask<readonly Uint8Array[]>([], (id) => {
      this.#hasFailed = false;
      return { kind: 'end', id, ended, share };
    });
  }

  append(batch: MinuteBatch): void {
    if (this.#closed !== undefined) return;
    if (this.#hasEnded) this.#begin();
    this.#hasEnded = true;
    this.#inOrder(() => this.#sendBatch(batch));
  }

  read(span: Span): Promise<Known> {
    if (this.#hasFailed) return Promise.resolve(NOTHING);
    this.#begin();
    return this.#ask<Known>(NOTHING, (id) => ({ kind: 'read', id, span }));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  get #isInMemory(): boolean {
    return this.#options.path === IN_MEMORY;
  }

  /** From now on there is a worker. */
  #begin(): void {
    this.#flush();
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const send of held) this.#inOrder(send);
  }

  /** Tells the worker something that it does not answer. */
  #tell(request: Request, size = 1): void {
    if (this.#closed !== undefined) return;
    this.#untold.push(request);
    this.#untoldSize += size;
    this.#heldSize += size;
    if (this.#held !== undefined && this.#heldSize > MOST_HELD) this.#begin();
    if (this.#untoldSize >= TOLD_AT_ONCE) this.#flush();
  }

  #flush(): void {
    const requests = this.#untold;
    if (requests.length === 0) return;
    this.#untold = [];
    this.#untoldSize = 0;
    this.#inOrder(() => {
      let size = 0;
      for (const request of requests) {
        if (request.kind === 'follow') this.#topics[request.slot] = request.topic;
        else if (request.kind === 'leave') this.#topics[request.slot] = undefined;
        else if (request.kind === 'count') size += sizeOfMessage(request.message);
      }
      if (this.#hasFailed) return;
      this.#behind += size;
      this.#send(...requests);
    });
  }

  /** The worker is too far behind to be told more. */
  #lose(): void {
    this.#lost();
    if (this.#state.problem === BEHIND) return;
    this.#earlierFaults += 1;
    this.#state = { ...this.#state, problem: BEHIND };
    this.#log.error(BEHIND);
  }

  /** Resolves with the answer to a request, or with `failed`. */
  #ask<T extends Known | readonly Uint8Array[]>(
    failed: T,
    request: (id: number) => Request,
  ): Promise<T> {
    if (this.#closed !== undefined) return Promise.resolve(failed);
    const { promise, resolve } = Promise.withResolvers<T>();
    const id = this.#nextId++;
    this.#waiting.set(id, (value) => resolve((value ?? failed) as T));
    this.#inOrder(() => this.#send(request(id)));
    return promise;
  }

  async #close(): Promise<void> {
    await this.#sent;
    const worker = this.#worker;
    if (worker === undefined) return this.#giveUp();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    worker.once('exit', () => resolve());
    this.#send({ kind: 'close' });
    // Memory has nothing left to write.
    if (!this.#isInMemory) await ended;
  }

  /** No answers will come. */
  #giveUp(): void {
    for (const answer of this.#waiting.values()) answer();
    this.#waiting.clear();
  }

  /** Sends what `send` sends after everything that came before. */
  #inOrder(send: () => Promise<void> | void): void {
    this.#flush();
    if (this.#held !== undefined) this.#held.push(send);
    else this.#sent = this.#sent.then(send);
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

  #send(...requests: readonly Request[]): void {
    const worker = this.#worker ?? this.#start();
    worker.postMessage(requests, requests.flatMap(buffersOf));
  }

  #start(): Worker {
    const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), {
      workerData: this.#options,
    });
    worker.on('message', (answer: Answer) => this.#hear(answer));
    worker.on('error', (error) => {
      // Only a bug gets here. The live stream goes on. The next batch starts another worker, without what this one kept in memory.
      // What it has said before may arrive after this.
      worker.removeAllListeners('message');
      this.#earlierFaults += this.#state.faults + 1;
      this.#state = { faults: 0, bytes: 0, problem: FAILED };
      this.#log.error(FAILED, error);
    });
    // What it was sent until now is lost as well.
    worker.on('exit', () => {
      this.#worker = undefined;
      this.#giveUp();
      if (this.#closed !== undefined) return;
      this.#hasFailed = true;
      this.#behind = 0;
      this.#lost();
    });
    // The one before has failed.
    if (this.#earlierFaults > 0) worker.postMessage(this.#followed());
    this.#worker = worker;
    return worker;
  }

  #followed(): Request[] {
    return [...this.#topics.entries()].flatMap(([slot, topic]) =>
      topic === undefined ? [] : [{ kind: 'follow', slot, topic } as const],
    );
  }

  #hear(answer: Answer): void {
    if (answer.kind === 'answer') {
      this.#waiting.get(answer.id)?.(answer.value);
      this.#waiting.delete(answer.id);
      return;
    }
    if (answer.kind === 'counted') {
      this.#behind -= answer.size;
      return;
    }
    const { problem } = this.#state;
    this.#state = answer.state;
    if (answer.state.problem === problem) return;
    if (answer.state.problem !== undefined) this.#log.error(answer.state.problem);
    else this.#log.info('The history is written again.');
  }
}

/** Those that are handed over, since nobody here needs them any more. */
function buffersOf(request: Request): ArrayBuffer[] {
  if (request.kind !== 'count') return [];
  const { slots, ends, heads } = request.message;
  return [slots.buffer, ends.buffer, heads.buffer];
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
