// Writes minute after minute of a history file until it is killed: node test/support/history-writer.ts PATH

import { HistoryDatabase } from '../../src/history/sqlite-database.ts';
import { batch, counts, SIZES } from './history.ts';

const TOPICS = 200;

const [path = ''] = process.argv.slice(2);
const names = Array.from({ length: TOPICS }, (_, i) => `topic${i}`);
const database = new HistoryDatabase(path, SIZES);
for (let minute = 0; ; minute++) {
  const rows = names.map((name) => counts(name, { positive: minute + 1 }));
  database.append({ ...batch(minute), counts: rows, complete: names });
  // The test reads it from a pipe, which takes it at once.
  process.stdout.write(`wrote ${minute}\n`);
  await new Promise(setImmediate);
}
