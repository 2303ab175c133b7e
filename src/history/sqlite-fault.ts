// What can be wrong with a history file, and what to do about it.

/** The primary codes of SQLite's errors (sqlite.org/rescode.html). */
export const SQLITE = {
  PERM: 3,
  BUSY: 5,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
} as const;

const DAMAGED = 'it is damaged, or no database at all. Move it away, or name another file.';
const FORBIDDEN = 'it may not be written to. Change its permissions, or name another file.';

/** Each completes the sentence "… cannot be used: …". */
const REASONS: Readonly<Record<number, string>> = {
  [SQLITE.PERM]: FORBIDDEN,
  [SQLITE.BUSY]: 'another process uses it. Stop that process, or name another file.',
  [SQLITE.READONLY]: FORBIDDEN,
  [SQLITE.IOERR]: 'the disk does not work. Look into the log of the system.',
  [SQLITE.CORRUPT]: DAMAGED,
  [SQLITE.FULL]: 'there is no room. Make room on the disk, or allow more bytes.',
  [SQLITE.CANTOPEN]:
    'it cannot be opened. Make sure that it is a file, and that its folder exists and may be written to.',
  [SQLITE.NOTADB]: DAMAGED,
};

/** A file that Senti does not use. `message` completes the sentence "… cannot be used: …". */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
}

/** The primary code of an error of SQLite, or undefined for any other error. */
export function codeOf(error: unknown): number | undefined {
  const isOfSqlite =
    error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
  return isOfSqlite ? (error.errcode as number) & 0xff : undefined;
}

/** Completes the sentence "… cannot be used: …". Undefined if the error is a bug, and no fault of the file. */
export function explainFault(error: unknown): string | undefined {
  if (error instanceof UnusableFile) return error.message;
  return REASONS[codeOf(error) ?? 0];
}
