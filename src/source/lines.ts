// Cuts bytes into lines, in bounded memory whatever the bytes are.

import { setImmediate } from 'node:timers/promises';

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without the line break; undefined if the line was too long and was skipped. */
  readonly text: string | undefined;
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** However short a piece of a line is, it costs some hundred bytes, so this many are joined into one. */
const MAX_PIECES = 1024;

/** A bad line takes some microseconds, so that these leave a tick room for other work. */
export const LINES_A_TICK = 256;

/** Cuts at `\n` or `\r\n`, on bytes, so that no chunk boundary splits a character. */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #decoder = new TextDecoder();
  #number = 1;
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  /** Skips longer lines, and never holds them in memory. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Yields the lines that `chunk` completes. */
  *push(chunk: Uint8Array): Generator<Line> {
    let start = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, start)) {
      this.#hold(chunk.subarray(start, at));
      yield this.#take();
      start = at + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  /** Returns the last line if it has no line break. */
  end(): Line | undefined {
    return this.#heldBytes > 0 ? this.#take() : undefined;
  }

  #hold(bytes: Uint8Array): void {
    this.#heldBytes += bytes.length;
    if (this.#heldBytes <= this.#maxBytes) this.#held.push(bytes);
    else this.#held = [];
    if (this.#held.length === MAX_PIECES) this.#held = [Buffer.concat(this.#held)];
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

/** Does the same for a stream, and pauses between ticks. */
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
