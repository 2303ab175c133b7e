// What a history file can suffer: none of it may lose more than it must, and all of it is said.

import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FileWithSpare } from '../../src/history/file-with-spare.ts';
import { HistoryDatabase } from '../../src/history/sqlite-database.ts';
import { prepareSchema, VERSIONS } from '../../src/history/sqlite-schema.ts';
import { SqliteStore } from '../../src/history/sqlite-store.ts';
import { MINUTE, type MinuteBatch } from '../../src/history/store.ts';
import { batch, counts, minutes, SIZES, START, span } from '../support/history.ts';
import { crash, logged, startNode } from '../support/program.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { tempFolder } from '../support/temp-file.ts';

function newPath(): string {
  return join(tempFolder(), 'history.db');
}

/** Coffee with one post, and with every post of the minute before. */
function whole(minute: number): MinuteBatch {
  return { ...batch(minute), counts: [counts('coffee')], complete: ['coffee'] };
}

function open(path: string, maxBytes = SIZES.maxBytes): FileWithSpare {
  const file = new FileWithSpare(path, { ...SIZES, maxBytes });
  onTestFinished(() => file.close());
  return file;
}

/** What is known of minutes -1 until before 10. */
function known(file: FileWithSpare) {
  const stored = file.read(span('coffee', -1, 10));
  return {
    counted: stored.counts.map(({ start }) => (start - START) / MINUTE),
    complete: minutes(stored.complete),
  };
}

/** Holds the lock of a file, as a second Senti would. */
function hold(path: string): HistoryDatabase {
  const other = new HistoryDatabase(path, SIZES);
  onTestFinished(() => other.close());
  return other;
}

describe('a file', () => {
  test('is there again after a restart, and what lies in between is incomplete', () => {
    const path = newPath();
    const first = open(path);
    for (const minute of [0, 1, 2]) first.append(whole(minute));
    first.close();
    const second = open(path);
    expect(known(second)).toEqual({ counted: [0, 1, 2], complete: [[-1, 2]] });
    for (const minute of [4, 5]) second.append(whole(minute));
    expect(known(second)).toEqual({
      counted: [0, 1, 2, 4, 5],
      complete: [
        [-1, 2],
        [3, 5],
      ],
    });
  });

  test('has no text, id or author in it, only topics, sources, hashtags and counts', () => {
    const path = newPath();
    const file = open(path);
    file.append(whole(0));
    file.close();
    const database = new DatabaseSync(path);
    const columns = database
      .prepare(
        "SELECT t.name || '.' || c.name AS name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE c.type = 'TEXT'",
      )
      .all()
      .map(({ name }) => name);
    database.close();
    expect(columns.sort()).toEqual([
      'hour.hashtags',
      'minute.hashtags',
      'source.name',
      'ten_minutes.hashtags',
      'topic.name',
    ]);
  });
});

describe('a file that cannot be used', () => {
  test.each<[string, (path: string) => void, RegExp]>([
    ['no database', (path) => writeFileSync(path, 'Dear diary, '.repeat(1000)), /damaged/],
    ['a folder', (path) => mkdirSync(path), /cannot be opened/],
    [
      'without a folder',
      (path) => renameSync(dirname(path), `${dirname(path)}-gone`),
      /cannot be opened/,
    ],
    [
      'the database of another program',
      (path) => {
        const other = new DatabaseSync(path);
        other.exec('CREATE TABLE customer (name TEXT)');
        other.close();
      },
      /another program/,
    ],
    [
      'of a newer version',
      (path) => {
        new HistoryDatabase(path, SIZES).close();
        const newer = new DatabaseSync(path);
        newer.exec(`PRAGMA user_version = ${VERSIONS.length + 6}`);
        newer.close();
      },
      new RegExp(`version ${VERSIONS.length + 6} .* up to ${VERSIONS.length}`),
    ],
    ['held by another process', (path) => void hold(path), /another process/],
  ])('%s: memory takes the counts, and the reason is said', (_, spoil, reason) => {
    const path = newPath();
    spoil(path);
    const before = existsSync(path) && !path.endsWith('/') ? fileAt(path) : undefined;
    const file = open(path);
    expect(file.state.problem).toMatch(reason);
    expect(file.state.problem).toContain(path);
    for (const minute of [0, 1]) file.append(whole(minute));
    expect(known(file)).toEqual({ counted: [0, 1], complete: [[-1, 1]] });
    expect(file.state.faults).toBeGreaterThan(1);
    expect(existsSync(path) ? fileAt(path) : undefined).toEqual(before);
  });

  test('gets what it has missed once it can be used', () => {
    const path = newPath();
    const other = hold(path);
    const file = open(path);
    for (const minute of [0, 1]) file.append(whole(minute));
    expect(file.state.problem).toBeDefined();
    other.close();
    file.append(whole(2));
    expect(file.state.problem).toBeUndefined();
    expect(known(file)).toEqual({ counted: [0, 1, 2], complete: [[-1, 2]] });
    file.close();
    expect(known(open(path))).toEqual({ counted: [0, 1, 2], complete: [[-1, 2]] });
  });

  test('gets nothing of the minutes that another Senti has written to it meanwhile', () => {
    const path = newPath();
    const other = hold(path);
    const file = open(path);
    for (const minute of [0, 1, 2]) {
      file.append(whole(minute));
      if (minute < 2) other.append({ ...whole(minute), end: { epoch: 2, number: 1, time: START } });
    }
    other.close();
    file.append(whole(3));
    expect(file.state.problem).toBeUndefined();
    const { counts: stored } = file.read(span('coffee', 0, 10));
    expect(stored.map(({ positive }) => positive)).toEqual([1, 1, 1, 1]);
  });

  test('gets what it has missed at the latest at the end', () => {
    const path = newPath();
    const other = hold(path);
    const file = open(path);
    file.append(whole(0));
    other.close();
    file.close();
    expect(known(open(path)).counted).toEqual([0]);
  });
});

describe('a file that fails later', () => {
  test('that was damaged: the live counts go on in memory', () => {
    const path = newPath();
    const file = open(path);
    for (const minute of [0, 1]) file.append(whole(minute));
    const descriptor = openSync(path, 'r+');
    writeSync(descriptor, Buffer.alloc(200_000, 'x'), 0, 200_000, 0);
    closeSync(descriptor);
    file.close();
    const again = open(path);
    expect(again.state.problem).toMatch(/damaged/);
    again.append(whole(3));
    expect(known(again)).toEqual({ counted: [3], complete: [[2, 3]] });
  });

  test.each<[string, (path: string) => void]>([
    ['deleted', (path) => unlinkSync(path)],
    ['moved away', (path) => renameSync(path, `${path}-old`)],
    ['cut off', (path) => truncateSync(path)],
  ])('that was %s: it is said, and a new one has what comes then', (_, spoil) => {
    const path = newPath();
    const file = open(path);
    for (const minute of [0, 1]) file.append(whole(minute));
    spoil(path);
    file.append(whole(3));
    expect(file.state.problem).toMatch(/deleted, moved away or cut off/);
    expect(known(file).counted).toContain(3);
    file.append(whole(4));
    expect(file.state.problem).toBeUndefined();
    file.close();
    expect(known(open(path))).toEqual({ counted: [3, 4], complete: [[2, 4]] });
  });

  test('that is damaged in the middle: a question says that it is incomplete', () => {
    const path = newPath();
    const file = open(path);
    const rows = Array.from({ length: 3000 }, (_, i) => counts(`topic${i}`));
    file.append({ ...whole(0), counts: [...rows, counts('coffee')] });
    file.append(whole(1));
    file.close();
    const bytes = readFileSync(path);
    bytes.fill('x', 4096);
    writeFileSync(path, bytes);
    const again = open(path);
    expect(known(again).counted).toEqual([]);
    again.append(whole(3));
    expect(again.state.problem).toMatch(/damaged/);
    expect(known(again)).toEqual({ counted: [3], complete: [[2, 3]] });
  });

  test('with no room left: what was written stays readable, and memory takes the rest', () => {
    const path = newPath();
    const file = open(path, 256 * 1024);
    file.append(whole(0));
    file.append(whole(1));
    const rows = Array.from({ length: 10_000 }, (_, i) => counts(`topic${i}`));
    file.append({ ...whole(2), counts: [...rows, counts('coffee')] });
    expect(file.state.problem).toMatch(/room/);
    expect(known(file).counted).toEqual([0, 1]);
    file.append(whole(3));
    expect(known(file)).toEqual({
      counted: [0, 1, 3],
      complete: [
        [-1, 1],
        [2, 3],
      ],
    });
  });
});

describe('the layout', () => {
  test('of an older version becomes the current one, and keeps what is there', () => {
    const path = newPath();
    const file = new HistoryDatabase(path, SIZES);
    file.append(whole(0));
    file.close();
    const database = new DatabaseSync(path);
    onTestFinished(() => database.close());
    prepareSchema(database, [
      ...VERSIONS,
      'CREATE TABLE later (one INTEGER); INSERT INTO later VALUES (1)',
    ]);
    expect(database.prepare('SELECT one FROM later').all()).toEqual([{ one: 1 }]);
    expect(database.prepare('PRAGMA user_version').get()).toEqual({
      user_version: VERSIONS.length + 1,
    });
    expect(database.prepare('SELECT count(*) AS rows FROM minute').get()).toEqual({ rows: 1 });
  });

  test('stays as it is when the change to the current version fails', () => {
    const path = newPath();
    new HistoryDatabase(path, SIZES).close();
    const database = new DatabaseSync(path);
    expect(() =>
      prepareSchema(database, [...VERSIONS, 'CREATE TABLE later (one INTEGER)', 'nonsense']),
    ).toThrow();
    database.close();
    expect(open(path).state.problem).toBeUndefined();
  });
});

test('a process that is killed loses nothing of the minutes before', async () => {
  const path = newPath();
  const program = startNode([
    new URL('../support/history-writer.ts', import.meta.url).pathname,
    path,
  ]);
  await logged(program, /wrote 20\n/);
  await crash(program);
  const file = open(path);
  expect(file.state.problem).toBeUndefined();
  const { counts: stored, complete } = file.read(span('topic7', -1, 1000));
  const last = stored.length - 1;
  expect(last).toBeGreaterThanOrEqual(20);
  expect(stored.map(({ start, positive }) => [(start - START) / MINUTE, positive])).toEqual(
    Array.from({ length: last + 1 }, (_, minute) => [minute, minute + 1]),
  );
  expect(minutes(complete)).toEqual([[-1, last]]);
});

test('the store says each problem once, and when it is over', async () => {
  const path = newPath();
  const other = hold(path);
  const telemetry = recordTelemetry();
  const store = new SqliteStore({ path, ...SIZES }, telemetry.log('history'), () => {});
  onTestFinished(() => store.close());
  for (const minute of [0, 1, 2]) store.append(whole(minute));
  await store.read(span('coffee', 0, 1));
  await expect.poll(() => store.state.faults).toBe(4);
  expect(telemetry.lines).toEqual([expect.stringMatching(/another process uses it/)]);
  expect(store.state.problem).toBe(telemetry.lines[0]);
  other.close();
  store.append(whole(3));
  await store.read(span('coffee', 0, 1));
  await expect.poll(() => telemetry.lines.length).toBe(2);
  expect(store.state.problem).toBeUndefined();
});

function fileAt(path: string): Buffer | string {
  try {
    return readFileSync(path);
  } catch {
    return 'no file';
  }
}
