// The layout of a history file, and how a file of an older version gets it. Times are in minutes since 1970.

import type { DatabaseSync } from 'node:sqlite';
import { UnusableFile } from './sqlite-fault.ts';

/** Marks a file as Senti's history: `Sent` in ASCII. */
const APPLICATION = 0x53656e74;

/** The tables of buckets, by their size. They begin with the time, so that new rows stand together and old ones too. */
const BUCKET_TABLES = ['minute', 'ten_minutes', 'hour']
  .map(
    (table) => `
  CREATE TABLE ${table} (
    start INTEGER NOT NULL,
    topic INTEGER NOT NULL,
    source INTEGER NOT NULL,
    positive INTEGER NOT NULL,
    negative INTEGER NOT NULL,
    neutral INTEGER NOT NULL,
    score INTEGER NOT NULL,
    hashtags TEXT,
    PRIMARY KEY (start, topic, source)
  ) WITHOUT ROWID;`,
  )
  .join('\n');

/** Each makes the next version of the layout from the one before. The first begins with an empty file. */
export const VERSIONS: readonly string[] = [
  `
  CREATE TABLE topic (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, seen INTEGER NOT NULL);
  CREATE TABLE source (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  ${BUCKET_TABLES}
  -- When every post of a topic was counted. A row without an end ends where state.recorded_to begins.
  CREATE TABLE complete (
    topic INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,
    PRIMARY KEY (topic, since)
  ) WITHOUT ROWID;
  -- The batches that were kept, so that none counts twice.
  CREATE TABLE batch (
    minute INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    number INTEGER NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (minute, epoch, number)
  ) WITHOUT ROWID;
  -- One row: the last minute with a batch, and the floors. Buckets that begin before their table's floor have been deleted.
  CREATE TABLE state (
    recorded_to INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    ten_minutes INTEGER NOT NULL,
    hour INTEGER NOT NULL
  );
  INSERT INTO state VALUES (0, 0, 0, 0);
  `,
];

/** Brings `database` to the last of `versions`, or throws an UnusableFile and changes nothing. */
export function prepareSchema(database: DatabaseSync, versions = VERSIONS): void {
  const application = numberOf(database, 'application_id');
  const version = numberOf(database, 'user_version');
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  if (application !== APPLICATION && !(application === 0 && version === 0 && isEmpty)) {
    throw new UnusableFile('it is the database of another program. Name another file.');
  }
  if (version > versions.length) {
    throw new UnusableFile(
      `a newer Senti wrote it, in version ${version} of its layout, and this Senti knows versions up to ${versions.length}. Start the newer Senti, or name another file.`,
    );
  }
  if (version === versions.length) return;
  database.exec(
    [
      'BEGIN EXCLUSIVE',
      ...versions.slice(version),
      `PRAGMA application_id = ${APPLICATION}`,
      `PRAGMA user_version = ${versions.length}`,
      'COMMIT',
    ].join(';\n'),
  );
}

function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
}
