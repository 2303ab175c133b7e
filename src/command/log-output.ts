// Writes the log without ever blocking the process. When the reader stalls or the disk is full, lines are
// dropped and counted.

import type { Writable } from 'node:stream';
import { type Clock, within } from '../base/clock.ts';

/** The most that waits for a slow reader, in bytes. */
const MAX_WAITING = 1024 * 1024;
/** How long the last lines may take when the process ends, in milliseconds. */
const FLUSH_WITHIN = 400;

interface LogOutputOptions {
  readonly stream: Writable;
  readonly clock: Clock;
  /** Called when lines can be written again. `dropped` counts from the start of the process. */
  readonly onRecovered: (dropped: number) => void;
}

export class LogOutput {
  readonly #options: LogOutputOptions;
  #dropped = 0;
  /** True after a drop, until it is reported. */
  #isSilent = false;
  /** True if the last line may be incomplete. */
  #isTorn = false;

  constructor(options: LogOutputOptions) {
    this.#options = options;
    const { stream } = options;
    stream.on('error', () => {}); // Each write gets the error in its callback.
    // By default, a terminal that is paused with Ctrl+S blocks the whole process.
    if ('isTTY' in stream) (stream as Blocking)._handle?.setBlocking?.(false);
  }

  /** The number of lines dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  write(line: string): void {
    const { stream } = this.#options;
    if (stream.writableLength > MAX_WAITING) {
      this.#drop();
      return;
    }
    const start = this.#isTorn ? '\n' : '';
    this.#isTorn = false;
    stream.write(start + line, (error) => {
      if (error) {
        this.#isTorn = true;
        this.#drop();
      } else if (this.#isSilent && stream.writableLength === 0) {
        this.#isSilent = false;
        this.#options.onRecovered(this.#dropped);
      }
    });
  }

  /** Resolves when all lines are written or dropped, after `FLUSH_WITHIN` at the latest. */
  flush(): Promise<void> {
    const { stream, clock } = this.#options;
    const flushed = new Promise<void>((resolve) => stream.write('', () => resolve()));
    return within(clock, FLUSH_WITHIN, flushed);
  }

  #drop(): void {
    this.#dropped += 1;
    this.#isSilent = true;
  }
}

/** The internals of a terminal stream in Node.js. */
interface Blocking extends Writable {
  readonly _handle?: { setBlocking?(isBlocking: boolean): void };
}
