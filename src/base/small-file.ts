// Reads a file that an operator names: whole, within a bound, and only if it is a regular file.

import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** Why a file was not read. */
export class FileProblem {
  /** Completes the sentence "It must be …". */
  readonly expected: string;
  /** The error of the system, if there was one. */
  readonly error: NodeJS.ErrnoException | undefined;

  constructor(expected: string, error?: NodeJS.ErrnoException) {
    this.expected = expected;
    this.error = error;
  }
}

/** For certificates, keys and credentials. A bundle of all public authorities has a quarter of it. */
export const MAX_FILE_BYTES = 1024 * 1024;
const KIBIBYTE = 1024;
/** Opens a pipe without waiting for its writer. Windows has neither the flag nor such pipes. */
export const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
export const NOT_A_FILE = new FileProblem('a file, not a folder, pipe or device');

/** Never waits: rejects pipes and devices at once. */
export function readSmallFile(path: string, maxBytes: number): Buffer | FileProblem {
  try {
    // Checked before it is opened, since some devices react to being opened.
    if (!statSync(path).isFile()) return NOT_A_FILE;
    const file = openSync(path, READ_AT_ONCE);
    try {
      // It may have been replaced since.
      if (!fstatSync(file).isFile()) return NOT_A_FILE;
      // Reads up to the bound, since files of the system report a size of 0.
      const bytes = readUpTo(file, maxBytes + 1);
      if (bytes.length <= maxBytes) return bytes;
      return new FileProblem(`a file of at most ${spellSize(maxBytes)}`);
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

function spellSize(bytes: number): string {
  const kib = bytes / KIBIBYTE;
  return kib < KIBIBYTE ? `${kib} KiB` : `${kib / KIBIBYTE} MiB`;
}
