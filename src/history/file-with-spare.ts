// A history file with a spare: while the file cannot be written to, memory takes what is counted. Every batch tries the
// file again, and brings it what it has missed. Synchronous, so it belongs into a worker.

import { statSync } from 'node:fs';
import { unite } from './intervals.ts';
import { type DatabaseOptions, HistoryDatabase } from './sqlite-database.ts';
import { codeOf, explainFault, SQLITE, UnusableFile } from './sqlite-fault.ts';
import { IN_MEMORY } from './sqlite-message.ts';
import { type MinuteBatch, NOTHING, type Span, type Stored, type StoreState } from './store.ts';

/** The most rows that wait for the file. Beyond them, the oldest batches are given up. */
const MOST_WAITING = 200_000;
const TAKEN_AWAY =
  'it was deleted, moved away or cut off. If none stands in its place, a new one begins within a minute.';

export class FileWithSpare {
  readonly #path: string;
  readonly #options: DatabaseOptions;
  #file: HistoryDatabase | undefined;
  /** The last minute that was written to the file from here. */
  #lastMinute = Number.NEGATIVE_INFINITY;
  /** Shows whether another file has taken its place. */
  #inode: number | undefined;
  #spare: HistoryDatabase | undefined;
  /** What the file lacks, oldest first. */
  #waiting: MinuteBatch[] = [];
  #waitingCounts = 0;
  #problem: string | undefined;
  #faults = 0;

  /** A `path` of IN_MEMORY has no file. */
  constructor(path: string, options: DatabaseOptions) {
    this.#path = path;
    this.#options = options;
    this.#attempt(() => this.#openFile());
  }

  get state(): StoreState {
    const bytes = (this.#file?.bytes ?? 0) + (this.#spare?.bytes ?? 0);
    return { problem: this.#problem, faults: this.#faults, bytes };
  }

  append(batch: MinuteBatch): void {
    this.#waiting.push(batch);
    this.#waitingCounts += batch.counts.length;
    const isKept = this.#attempt(() => this.#catchUp());
    if (isKept) {
      this.#problem = undefined;
      this.#spare?.close();
      this.#spare = undefined;
      return;
    }
    // Memory that is full has no spare.
    const most = this.#path === IN_MEMORY ? 0 : MOST_WAITING;
    while (this.#waiting.length > 0 && this.#waitingCounts > most) this.#forgetFirst();
    if (this.#path === IN_MEMORY) this.#waiting = [];
    else this.#keepInSpare(batch);
  }

  read(span: Span): Stored {
    const first = this.#readFile(span);
    const second = this.#spare?.read(span);
    if (first === undefined || second === undefined) return first ?? second ?? NOTHING;
    return {
      counts: [...first.counts, ...second.counts].sort((a, b) => a.start - b.start),
      complete: unite([...first.complete, ...second.complete]),
      retainedFrom: Math.min(first.retainedFrom, second.retainedFrom),
    };
  }

  /** Tries once more to write what the file lacks. */
  close(): void {
    if (this.#waiting.length > 0) this.#attempt(() => this.#catchUp());
    this.#file?.close();
    this.#spare?.close();
    this.#file = undefined;
    this.#spare = undefined;
  }

  #keepInSpare(batch: MinuteBatch): void {
    try {
      this.#spare ??= new HistoryDatabase(IN_MEMORY, this.#options);
      this.#spare.append(batch);
    } catch (error) {
      // It is full: the batch waits for the file, and until then its minute is not complete.
      if (codeOf(error) !== SQLITE.FULL) throw error;
    }
  }

  #openFile(): HistoryDatabase {
    if (this.#file === undefined) {
      this.#file = new HistoryDatabase(this.#path, this.#options);
      this.#inode = statOf(this.#path)?.ino;
      this.#leaveOut(this.#file.lastMinute);
    }
    return this.#file;
  }

  /** Another Senti has written the file until `minute`: had it the same topics, their posts would count twice. */
  #leaveOut(minute: number): void {
    if (minute <= this.#lastMinute) return;
    this.#waiting = this.#waiting.filter((batch) => batch.minute > minute);
    this.#waitingCounts = this.#waiting.reduce((sum, { counts }) => sum + counts.length, 0);
  }

  /** SQLite holds the file open, and would go on in it without a name. */
  #checkPlace(file: HistoryDatabase): void {
    if (this.#path === IN_MEMORY) return;
    const stat = statOf(this.#path);
    if (stat?.ino !== this.#inode || (stat?.size ?? 0) < file.bytes) {
      throw new UnusableFile(TAKEN_AWAY);
    }
  }

  #catchUp(): void {
    const file = this.#openFile();
    this.#checkPlace(file);
    for (let batch = this.#waiting[0]; batch !== undefined; batch = this.#waiting[0]) {
      file.append(batch);
      this.#lastMinute = Math.max(this.#lastMinute, batch.minute);
      this.#forgetFirst();
    }
  }

  #forgetFirst(): void {
    this.#waitingCounts -= this.#waiting.shift()?.counts.length ?? 0;
  }

  #readFile(span: Span): Stored | undefined {
    let stored: Stored | undefined;
    this.#attempt(() => {
      stored = this.#file?.read(span);
    });
    return stored;
  }

  #explain(reason: string): string {
    return this.#path === IN_MEMORY
      ? `The history cannot be kept: ${reason}`
      : `The history file ${this.#path} cannot be used: ${reason} Until it can be, counts are kept in memory.`;
  }

  /** Returns whether `use` of the file worked. Throws what is no fault of the file. */
  #attempt(use: () => void): boolean {
    try {
      use();
      return true;
    } catch (error) {
      const reason = explainFault(error);
      if (reason === undefined) throw error;
      this.#faults += 1;
      this.#problem = this.#explain(reason);
      // A full disk can be read. Anything else is opened again, as the operator may have put another file there.
      if (codeOf(error) !== SQLITE.FULL) {
        this.#file?.close();
        this.#file = undefined;
      }
      return false;
    }
  }
}

function statOf(path: string): { readonly ino: number; readonly size: number } | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
