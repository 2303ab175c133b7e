// Shares the counts by the minute among nodes: the one that counts writes each batch to a journal, and every node keeps
// what it reads there.

import { type Clock, sleep } from '../base/clock.ts';
import type { Position } from '../base/position.ts';
import type { Journal, SharedPast } from '../stream/journal.ts';
import { RelayError } from '../stream/relay.ts';
import { type BatchPart, decodePart } from './batch-message.ts';
import { type EndedMinute, MINUTE, type Store } from './store.ts';

interface SharedCountsOptions {
  readonly clock: Clock;
  readonly store: Pick<Store, 'end' | 'append' | 'read'>;
  /** Another node, or this one, has counted up to `end`. */
  readonly heard: (end: Position) => void;
}

/** Batches that wait for the journal. Other nodes know that those before are missing. */
const MOST_WAITING = 5;
const AGAIN_IN_MS = 1000;
/** A batch with more rows is ignored: any program may have written it. */
const MOST_ROWS = 500_000;
/** How far the clock of another node may be ahead. For a later minute, the store would delete everything before it. */
const AHEAD_MS = MINUTE;
/** The running minute is written when it ends, and a clock may be ahead. */
const RECENT_MS = 3 * MINUTE;
/** A question about no topic. The store answers it once it has kept everything before. */
const NO_TOPIC = { topic: '', size: 'MINUTE', from: 0, to: 0 } as const;

interface Waiting {
  readonly ended: EndedMinute;
  readonly messages: Promise<readonly Uint8Array[]>;
}

export class SharedCounts implements SharedPast {
  readonly #options: SharedCountsOptions;
  #add: Journal['add'] | undefined;
  #waiting: Waiting[] = [];
  /** The end of the last batch that was to be written. */
  #written: Position | undefined;
  #isWriting = false;
  #writing: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();
  /** The parts of the batch that is being read. */
  #parts: BatchPart[] = [];
  #rows = 0;
  /** The end of the last batch that was read. */
  #read: Position | undefined;

  constructor(options: SharedCountsOptions) {
    this.#options = options;
  }

  shareBy(add: Journal['add']): void {
    this.#add = add;
  }

  /** Ends a minute. Its batch is written to the journal after those before. */
  end(ended: EndedMinute): void {
    const { store } = this.#options;
    if (this.#add === undefined) {
      void store.end(ended);
      return;
    }
    const messages = store.end(ended, { previous: this.#written });
    this.#waiting.push({ ended, messages });
    this.#written = ended.end;
    if (this.#waiting.length > MOST_WAITING) this.#waiting.splice(1, 1);
    if (!this.#isWriting) this.#writing = this.#writeAll(this.#add);
  }

  written(): Promise<void> {
    return this.#writing;
  }

  async take(message: Uint8Array): Promise<boolean> {
    const { clock, store, heard } = this.#options;
    const part = decodePart(message);
    if (part === undefined || part.minute > clock.now() + AHEAD_MS) return false;
    const whole = this.#assemble(part);
    if (whole === undefined) return true;
    const { minute, end, previous } = part;
    const counts = whole.flatMap((each) => each.counts);
    // It says what was complete in the batch before, which may not have arrived.
    const follows = previous !== undefined && isSame(previous, this.#read);
    const complete = follows ? whole.flatMap((each) => each.complete) : [];
    this.#read = end;
    store.append({ minute, end, counts, complete });
    // While old batches are read again, the store may know more than they do.
    if (minute >= clock.now() - RECENT_MS) heard(end);
    // So that a day of batches does not wait in memory.
    await store.read(NO_TOPIC);
    return true;
  }

  close(): void {
    this.#closing.abort();
  }

  async #writeAll(add: Journal['add']): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#closing;
    this.#isWriting = true;
    for (
      let [next] = this.#waiting;
      next !== undefined && !signal.aborted;
      [next] = this.#waiting
    ) {
      try {
        await writeBatch(add, next);
        if (this.#waiting[0] === next) this.#waiting.shift();
      } catch (error) {
        if (!(error instanceof RelayError)) throw error;
        await sleep(clock, AGAIN_IN_MS, signal);
      }
    }
    this.#isWriting = false;
  }

  /** Returns all parts of a batch once its last one is there. */
  #assemble(part: BatchPart): readonly BatchPart[] | undefined {
    const last = this.#parts.at(-1);
    const continues =
      last !== undefined &&
      part.part === last.part + 1 &&
      part.minute === last.minute &&
      isSame(part.end, last.end);
    if (part.part === 0) {
      this.#parts = [];
      this.#rows = 0;
    } else if (!continues) return undefined;
    this.#parts.push(part);
    this.#rows += part.counts.length + part.complete.length;
    if (this.#rows > MOST_ROWS) this.#parts = [];
    if (!part.isLast || this.#parts.length === 0) return undefined;
    const whole = this.#parts;
    this.#parts = [];
    return whole;
  }
}

async function writeBatch(add: Journal['add'], { ended, messages }: Waiting): Promise<void> {
  const { epoch, number } = ended.end;
  for (const [part, message] of (await messages).entries()) {
    await add(message, `${epoch}-${number}-${ended.minute}-${part}`);
  }
}

function isSame(a: Position, b: Position | undefined): boolean {
  return a.epoch === b?.epoch && a.number === b.number;
}
