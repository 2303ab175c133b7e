// Files that are gone when the test is over.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** How long it may take to remove a folder with all packages of a project from a busy disk, in milliseconds. */
const REMOVE_WITHIN_MS = 120_000;

/** The path of a new folder. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'senti-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }), REMOVE_WITHIN_MS);
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

/** More than Senti reads of any whole file. The file is sparse, and takes no room on the disk. */
const HUGE_BYTES = 8 * 1024 ** 3;

/** By name, what may be in the place of a file. Each function makes one at `path`. */
export const NO_FILES: Readonly<Record<string, (path: string) => void>> = {
  'a folder': (path) => mkdirSync(path),
  'a pipe that nobody writes to': (path) => execFileSync('mkfifo', [path]),
  'an endless device': (path) => symlinkSync('/dev/zero', path),
  'a file of 8 GiB': (path) => {
    writeFileSync(path, '');
    truncateSync(path, HUGE_BYTES);
  },
};
