// Files that are gone when the test is over.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** The path of a new folder. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'senti-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes `content` to a new file and returns its path. */
export function tempFile(name: string, content: string | Uint8Array): string {
  const folder = tempFolder();
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** One JSON object a line. */
export function ndjson(records: readonly unknown[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}
