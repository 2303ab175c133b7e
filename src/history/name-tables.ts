// The names of topics and sources in a SQLite database, each under a number. Times are in minutes since 1970.

import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Once an hour is enough to know which topics are old. */
const SEEN_EVERY = 60;

export class NameTables {
  readonly #findTopic: StatementSync;
  readonly #addTopic: StatementSync;
  readonly #see: StatementSync;
  readonly #oldTopics: StatementSync;
  readonly #deleteTopic: StatementSync;
  readonly #findSource: StatementSync;
  readonly #addSource: StatementSync;

  constructor(database: DatabaseSync) {
    this.#findTopic = database.prepare('SELECT id, seen FROM topic WHERE name = ?');
    this.#addTopic = database.prepare('INSERT INTO topic (name, seen) VALUES (?, ?)');
    this.#see = database.prepare('UPDATE topic SET seen = ? WHERE id = ?');
    this.#oldTopics = database.prepare('SELECT id FROM topic WHERE seen < ?');
    this.#deleteTopic = database.prepare('DELETE FROM topic WHERE id = ?');
    this.#findSource = database.prepare('SELECT id FROM source WHERE name = ?');
    this.#addSource = database.prepare('INSERT INTO source (name) VALUES (?)');
  }

  find(topic: string): number | undefined {
    const id = this.#findTopic.get(topic)?.id;
    return id === undefined ? undefined : Number(id);
  }

  /** The number of a topic that is seen in `minute`. A new one gets one. */
  topic(name: string, minute: number): number {
    const found = this.#findTopic.get(name);
    if (found === undefined) return Number(this.#addTopic.run(name, minute).lastInsertRowid);
    const id = Number(found.id);
    if (minute - Number(found.seen) >= SEEN_EVERY) this.#see.run(minute, id);
    return id;
  }

  /** The number of a source. A new one gets one. */
  source(name: string): number {
    const id = this.#findSource.get(name)?.id ?? this.#addSource.run(name).lastInsertRowid;
    return Number(id);
  }

  /** Deletes the topics that were not seen since `minute`, except for those that `isUsed`. */
  deleteUnseen(minute: number, isUsed: (topic: number) => boolean): void {
    for (const row of this.#oldTopics.all(minute - SEEN_EVERY)) {
      const id = Number(row.id);
      if (!isUsed(id)) this.#deleteTopic.run(id);
    }
  }
}
