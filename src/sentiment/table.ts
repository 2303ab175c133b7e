// Reads the tables beside the code: a row on each line, its cells between tabs.

import { readFileSync } from 'node:fs';

export function rowsOf(table: URL): string[][] {
  const lines = readFileSync(table, 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.split('\t'));
}
