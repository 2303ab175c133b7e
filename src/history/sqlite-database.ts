// The history in one SQLite database: a file, or memory. It is synchronous, so it runs in a worker.

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { BUCKETS, type BucketSize } from '../stream/history.ts';
import { PAGE_BYTES, pagesOf } from './batch-pages.ts';
import { BucketTable, defineAddHashtags } from './bucket-table.ts';
import { CompleteTable } from './complete-table.ts';
import { unite } from './intervals.ts';
import { NameTables } from './name-tables.ts';
import { prepareSchema } from './sqlite-schema.ts';
import { MINUTE, type MinuteBatch, type Retention, type Span, type Stored } from './store.ts';

export interface DatabaseOptions {
  readonly retention: Retention;
  /** The database deletes its oldest buckets to stay below this size. */
  readonly maxBytes: number;
}

/** The most buckets of each size that one batch deletes, so that no batch takes long. */
const MOST_DELETED = 60;
/** A full database deletes the oldest buckets of one size: those of this share of their time. */
const DELETED_SHARE = 1 / 16;
/** How long batches are recognized when they come again, in minutes. */
const BATCHES_KEPT = 7 * 24 * 60;

/** Times in minutes since 1970. `recordedTo` is the last minute with a batch; buckets before their floor are deleted. */
interface State {
  recordedTo: number;
  readonly floors: Record<BucketSize, number>;
}

const SIZES = Object.keys(BUCKETS) as BucketSize[];

export class HistoryDatabase {
  readonly #database: DatabaseSync;
  readonly #maxPages: number;
  readonly #buckets: Record<BucketSize, BucketTable>;
  readonly #complete: CompleteTable;
  readonly #names: NameTables;
  readonly #batches: Record<keyof typeof BATCHES, StatementSync>;
  #state: State;

  /** Throws an UnusableFile, or an error of SQLite. A `path` of IN_MEMORY makes no file. */
  constructor(path: string, { retention, maxBytes }: DatabaseOptions) {
    this.#maxPages = Math.floor(maxBytes / PAGE_BYTES);
    const database = new DatabaseSync(path);
    this.#database = database;
    try {
      // Two processes that wrote to one file would count everything twice.
      database.exec(`
        PRAGMA locking_mode = EXCLUSIVE;
        PRAGMA page_size = ${PAGE_BYTES};
        PRAGMA journal_mode = TRUNCATE;
        PRAGMA synchronous = FULL;
        PRAGMA max_page_count = ${this.#maxPages};
        BEGIN EXCLUSIVE;
        COMMIT;`);
      prepareSchema(database);
      defineAddHashtags(database);
      const table = (name: string, size: BucketSize) =>
        new BucketTable(database, name, {
          size: BUCKETS[size] / MINUTE,
          kept: Math.ceil(retention[size] / MINUTE),
        });
      this.#buckets = {
        MINUTE: table('minute', 'MINUTE'),
        TEN_MINUTES: table('ten_minutes', 'TEN_MINUTES'),
        HOUR: table('hour', 'HOUR'),
      };
      this.#complete = new CompleteTable(database);
      this.#names = new NameTables(database);
      this.#batches = {
        load: database.prepare(BATCHES.load),
        save: database.prepare(BATCHES.save),
        add: database.prepare(BATCHES.add),
        deleteBefore: database.prepare(BATCHES.deleteBefore),
      };
      this.#state = this.#load();
      // The process that wrote the file followed nothing after its last batch.
      this.#transact(() => this.#complete.closeAll(this.#state.recordedTo));
    } catch (error) {
      database.close();
      throw error;
    }
  }

  get bytes(): number {
    return this.#pragma('page_count') * PAGE_BYTES;
  }

  /** The last minute that a batch was kept of, in milliseconds since 1970. */
  get lastMinute(): number {
    return this.#state.recordedTo * MINUTE;
  }

  get #freePages(): number {
    return this.#maxPages - this.#pragma('page_count') + this.#pragma('freelist_count');
  }

  /** Keeps a batch in one transaction. Throws an error of SQLite, and then has kept nothing of it. */
  append(batch: MinuteBatch): void {
    const pages = pagesOf(batch);
    if (pages <= this.#maxPages) while (this.#freePages < pages && this.#makeRoom());
    this.#transact(() => this.#append(batch));
  }

  read({ topic, size, from, to }: Span): Stored {
    const table = this.#buckets[size];
    const floor = this.#state.floors[size];
    const start = Math.max(from / MINUTE, floor);
    const end = to / MINUTE;
    const id = this.#names.find(topic);
    const retainedFrom = floor * MINUTE;
    if (id === undefined) return { counts: [], complete: [], retainedFrom };
    const complete = this.#complete.read(id, start, end, this.#state.recordedTo);
    return {
      counts: table.read(id, start, end).map((row) => ({ ...row, start: row.start * MINUTE })),
      complete: unite(complete.map(([since, until]) => [since * MINUTE, until * MINUTE])),
      retainedFrom,
    };
  }

  /** Can be called twice. */
  close(): void {
    this.#database[Symbol.dispose]();
  }

  #append({ minute: at, end, counts, complete }: MinuteBatch): void {
    const minute = at / MINUTE;
    const isNew = this.#batches.add.run(minute, end.epoch, end.number, end.time).changes > 0;
    if (!isNew) return;
    const { recordedTo, floors } = this.#state;
    this.#state.recordedTo = Math.max(recordedTo, minute);
    this.#deleteOld();
    const sizes = SIZES.filter((size) => this.#buckets[size].bucketOf(minute) >= floors[size]);
    const tables = sizes.map((size) => this.#buckets[size]);
    const topicOf = remember((name) => this.#names.topic(name, minute));
    const sourceOf = remember((name) => this.#names.source(name));
    for (const row of counts) {
      const topic = topicOf(row.topic);
      const source = sourceOf(row.source);
      for (const table of tables) table.add(minute, topic, source, row);
    }
    this.#complete.record(minute - 1, new Set(complete.map(topicOf)), recordedTo);
    this.#batches.deleteBefore.run(this.#state.recordedTo - BATCHES_KEPT);
    this.#save();
  }

  /** Deletes what has been kept long enough. */
  #deleteOld(): void {
    for (const size of SIZES) {
      const table = this.#buckets[size];
      const floor = table.bucketOf(this.#state.recordedTo - table.kept);
      if (floor > this.#state.floors[size]) this.#deleteBuckets(size, floor, MOST_DELETED);
    }
    if (this.#state.recordedTo % (BUCKETS.HOUR / MINUTE) === 0) this.#deleteTopics();
  }

  /** Deletes the buckets before `floor`, but at most so many. */
  #deleteBuckets(size: BucketSize, floor: number, most = Number.POSITIVE_INFINITY): void {
    const table = this.#buckets[size];
    const first = table.first() ?? floor;
    const reached = Math.min(floor, first + most * table.size);
    if (first < reached) table.deleteBefore(reached);
    this.#state.floors[size] = Math.max(this.#state.floors[size], reached);
  }

  /** Deletes topics that have no counts left. */
  #deleteTopics(): void {
    const floor = Math.min(...Object.values(this.#state.floors));
    this.#complete.deleteBefore(floor);
    this.#names.deleteUnseen(floor, (topic) => this.#complete.isGoing(topic));
  }

  /**
   * Makes room: deletes the oldest part of the size that is closest to its full time, so that all sizes shrink in
   * proportion. Returns false if there is nothing left to delete.
   */
  #makeRoom(): boolean {
    const now = this.#state.recordedTo;
    const spans = SIZES.map((size) => {
      const table = this.#buckets[size];
      const first = table.first() ?? now;
      return { size, first, part: (now - first) / table.kept, step: table.size };
    });
    const fullest = spans.reduce((most, span) => (span.part > most.part ? span : most));
    const { floors } = this.#state;
    const isEmpty = spans.every(({ first }) => first >= now);
    if (isEmpty && SIZES.every((size) => floors[size] >= now)) return false;
    this.#transact(() => {
      if (isEmpty) {
        for (const size of SIZES) floors[size] = Math.max(floors[size], now);
      } else {
        const { size, first, step } = fullest;
        const steps = Math.max(1, Math.floor(((now - first) * DELETED_SHARE) / step));
        this.#deleteBuckets(size, first + steps * step);
      }
      this.#deleteTopics();
      this.#save();
    });
    return true;
  }

  #transact(change: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      change();
      this.#database.exec('COMMIT');
    } catch (error) {
      // SQLite has undone some failures by itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      this.#state = this.#load();
      throw error;
    }
  }

  #load(): State {
    this.#complete.load();
    const row = this.#batches.load.get();
    if (row === undefined) throw new Error('the history has no state');
    return {
      recordedTo: Number(row.recorded_to),
      floors: {
        MINUTE: Number(row.minute),
        TEN_MINUTES: Number(row.ten_minutes),
        HOUR: Number(row.hour),
      },
    };
  }

  #pragma(name: string): number {
    return Number(this.#database.prepare(`PRAGMA ${name}`).get()?.[name]);
  }

  #save(): void {
    const { recordedTo, floors } = this.#state;
    this.#batches.save.run(recordedTo, floors.MINUTE, floors.TEN_MINUTES, floors.HOUR);
  }
}

function remember(look: (name: string) => number): (name: string) => number {
  const known = new Map<string, number>();
  return (name) => {
    const number = known.get(name) ?? look(name);
    known.set(name, number);
    return number;
  };
}

const BATCHES = {
  load: 'SELECT recorded_to, minute, ten_minutes, hour FROM state',
  save: 'UPDATE state SET recorded_to = ?, minute = ?, ten_minutes = ?, hour = ?',
  add: 'INSERT OR IGNORE INTO batch VALUES (?, ?, ?, ?)',
  deleteBefore: 'DELETE FROM batch WHERE minute < ?',
} as const;
