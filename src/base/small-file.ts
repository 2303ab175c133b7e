// Files that an operator names: read whole, and never more than they may hold, whatever they turn out to be.

import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** Why a file was not read. */
export class FileProblem {
  /** Completes the sentence "It must be …". */
  readonly expected: string;
  /** What the system said, if it said something. */
  readonly error: NodeJS.ErrnoException | undefined;

  constructor(expected: string, error?: NodeJS.ErrnoException) {
    this.expected = expected;
    this.error = error;
  }
}

/** Of certificates, keys and credentials: a bundle of all public authorities has a quarter of it. */
export const MOST_FILE_BYTES = 1024 * 1024;
const KIBIBYTE = 1024;
/** Opens a file without a wait: a pipe has none for a writer. Windows knows no such flag, and no such pipes. */
export const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
export const NOT_A_FILE = new FileProblem('a file, not a folder, pipe or device');

/** Never waits: it rejects a pipe without a writer, or an endless device, at once. */
export function readSmallFile(path: string, maxBytes: number): Buffer | FileProblem {
  try {
    // Before it is opened, since opening is an act to some devices.
    if (!statSync(path).isFile()) return NOT_A_FILE;
    const file = openSync(path, READ_AT_ONCE);
    try {
      // It may have become another one since.
      if (!fstatSync(file).isFile()) return NOT_A_FILE;
      // A file of the system says that its size is 0, so its size is not what counts.
      const bytes = readUpTo(file, maxBytes + 1);
      if (bytes.length <= maxBytes) return bytes;
      return new FileProblem(`a file of at most ${maxBytes / KIBIBYTE} KiB`);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return new FileProblem(`a file that can be read (${error.message})`, error);
  }
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function readUpTo(file: number, most: number): Buffer {
  const bytes = Buffer.alloc(most);
  let length = 0;
  while (length < most) {
    const read = readSync(file, bytes, length, most - length, null);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}
