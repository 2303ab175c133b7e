// When every post of each topic was counted, in a SQLite database. A topic that goes on being followed costs nothing:
// its row has no end until then. Times are in minutes since 1970.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Interval } from './store.ts';

export class CompleteTable {
  readonly #load: StatementSync;
  readonly #open: StatementSync;
  readonly #close: StatementSync;
  readonly #add: StatementSync;
  readonly #read: StatementSync;
  readonly #delete: StatementSync;
  /** The topics whose row has no end. */
  #going = new Set<number>();

  constructor(database: DatabaseSync) {
    this.#load = database.prepare('SELECT topic FROM complete WHERE until IS NULL');
    this.#open = database.prepare(`
      INSERT INTO complete VALUES (?, ?, NULL) ON CONFLICT DO UPDATE SET until = NULL`);
    this.#close = database.prepare(`
      UPDATE complete SET until = ? WHERE topic = ? AND until IS NULL`);
    // max() is NULL if either is, so a row without an end keeps none.
    this.#add = database.prepare(`
      INSERT INTO complete VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET until = max(until, excluded.until)`);
    this.#read = database.prepare(`
      SELECT since, until FROM complete
      WHERE topic = :topic AND since < :to AND (until IS NULL OR until > :from)`);
    this.#delete = database.prepare('DELETE FROM complete WHERE until <= ?');
  }

  isGoing(topic: number): boolean {
    return this.#going.has(topic);
  }

  /** Reads again which rows have no end, as after a transaction that failed. */
  load(): void {
    this.#going = new Set(this.#load.all().map(({ topic }) => Number(topic)));
  }

  /** Ends every row at `minute`. */
  closeAll(minute: number): void {
    for (const topic of this.#going) this.#close.run(minute, topic);
    this.#going.clear();
  }

  /** `topics` were complete in `minute`. Until then, minutes were recorded up to `recordedTo`. */
  record(minute: number, topics: ReadonlySet<number>, recordedTo: number): void {
    if (minute < recordedTo) {
      for (const topic of topics) this.#add.run(topic, minute, minute + 1);
      return;
    }
    if (minute > recordedTo) this.closeAll(recordedTo);
    for (const topic of this.#going) {
      if (topics.has(topic)) continue;
      this.#close.run(minute, topic);
      this.#going.delete(topic);
    }
    for (const topic of topics) {
      if (this.#going.has(topic)) continue;
      this.#open.run(topic, minute);
      this.#going.add(topic);
    }
  }

  read(topic: number, from: number, to: number, recordedTo: number): Interval[] {
    return this.#read
      .all({ topic, from, to })
      .map(({ since, until }) => [
        Math.max(from, Number(since)),
        Math.min(to, Number(until ?? recordedTo)),
      ]);
  }

  deleteBefore(minute: number): void {
    this.#delete.run(minute);
  }
}
