// Bytes into lines, with bounded memory whatever the bytes are.

import { setImmediate } from 'node:timers/promises';

export interface Line {
  /** Counted from 1. */
  readonly number: number;
  /** Without its line break; undefined when the line was longer than allowed and was skipped. */
  readonly text: string | undefined;
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** A piece of a line costs some hundred bytes, however short it is, so this many are joined to one. */
const MOST_PIECES = 1024;

/** Lines read in one tick. A line that is no post takes some microseconds; the event loop goes on in between. */
export const LINES_A_TICK = 256;

/** Cuts at `\n` or `\r\n`, on bytes, so no chunk boundary can split a character. */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #decoder = new TextDecoder();
  #number = 1;
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  /** A line of more than `maxBytes` is skipped, and never held. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that `chunk` completes. */
  *push(chunk: Uint8Array): Generator<Line> {
    let start = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, start)) {
      this.#hold(chunk.subarray(start, at));
      yield this.#take();
      start = at + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  /** The last line, when no line break ended it. */
  end(): Line | undefined {
    return this.#heldBytes > 0 ? this.#take() : undefined;
  }

  #hold(bytes: Uint8Array): void {
    this.#heldBytes += bytes.length;
    if (this.#heldBytes <= this.#maxBytes) this.#held.push(bytes);
    else this.#held = [];
    if (this.#held.length === MOST_PIECES) this.#held = [Buffer.concat(this.#held)];
  }

  #take(): Line {
    const tooLong = this.#heldBytes > this.#maxBytes;
    const held = this.#held;
    const bytes = held.length === 1 && held[0] ? held[0] : Buffer.concat(held);
    const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
    const text = tooLong ? undefined : this.#decoder.decode(bytes.subarray(0, end));
    const line = { number: this.#number, text };
    this.#number += 1;
    this.#held = [];
    this.#heldBytes = 0;
    return line;
  }
}

/** The same for a stream that is pulled. */
export async function* lines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Line> {
  const splitter = new LineSplitter(maxBytes);
  for await (const chunk of chunks) {
    for (const line of splitter.push(chunk)) {
      if (line.number % LINES_A_TICK === 0) await setImmediate();
      yield line;
    }
  }
  const last = splitter.end();
  if (last !== undefined) yield last;
}
