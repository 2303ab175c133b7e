// Where the log goes. A reader that is slow, stalled or gone, and a disk that is full, cost lines and
// nothing else: lines that cannot be written are dropped and counted, and the process goes on.

import type { Writable } from 'node:stream';
import type { Clock } from '../base/clock.ts';

/** How much of the log waits for a slow reader, in bytes. */
export const MAX_WAITING = 1024 * 1024;
/** How long the last lines may take at the end of the process, in milliseconds. */
export const FLUSH_WITHIN = 400;

export interface LogOutputOptions {
  readonly stream: Writable;
  readonly clock: Clock;
  /** Called once lines can be written again, with the number of those dropped since the start. */
  readonly onRecovered: (dropped: number) => void;
}

export class LogOutput {
  readonly #options: LogOutputOptions;
  #dropped = 0;
  /** Whether lines were dropped since the log last said so. */
  #isSilent = false;
  /** Whether the last line may have been written in part. */
  #isTorn = false;

  constructor(options: LogOutputOptions) {
    this.#options = options;
    const { stream } = options;
    stream.on('error', () => {}); // Each line learns of it by its own callback.
    // Node.js lets a terminal block the process, for as long as its person holds it with Ctrl+S.
    if ('isTTY' in stream) (stream as Blocking)._handle?.setBlocking?.(false);
  }

  /** Lines that were not written, since the start. */
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

  /** Resolves when all lines are written or dropped, and after `FLUSH_WITHIN` at the latest. */
  flush(): Promise<void> {
    const { stream, clock } = this.#options;
    return new Promise((resolve) => {
      const cancel = clock.after(FLUSH_WITHIN, resolve);
      stream.write('', () => {
        cancel();
        resolve();
      });
    });
  }

  #drop(): void {
    this.#dropped += 1;
    this.#isSilent = true;
  }
}

/** A stream of Node.js on a terminal, as far as its own code goes. */
interface Blocking extends Writable {
  readonly _handle?: { setBlocking?(isBlocking: boolean): void };
}
