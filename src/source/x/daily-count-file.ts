// The counts of a day and of those before, in a file that a crash never leaves half written.

import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isNoneLeft } from '../../base/descriptors.ts';
import { parseJson } from '../../base/json.ts';
import { FileProblem, isSystemError, readSmallFile } from '../../base/small-file.ts';
import { asRecord } from './failure.ts';
import { type Days, isDay, readDays, readSpent, type Spent } from './spent.ts';

interface DailyCount extends Spent {
  /** A UTC day, such as `2026-11-20`. */
  readonly day: string;
  /** And later ones, if the clock was set back. */
  readonly earlier: Days;
  /** What of all days the ledger does not have. */
  readonly unshared: Days;
}

const FILE = 'x-posts-today.json';
/** The file takes about half of it at most. */
const MAX_BYTES = 8192;

export class DailyCountFile {
  readonly #path: string;
  readonly #warn: (message: string) => void;
  #hasFailed = false;

  /** Makes `folder` if it does not exist. */
  constructor(folder: string, warn: (message: string) => void) {
    this.#path = join(folder, FILE);
    this.#warn = warn;
  }

  /**
   * Returns what was written last, unless it is damaged. Returns `unread` while no file descriptor is left: read it
   * again before a write, which would replace it.
   */
  read(): DailyCount | 'unread' | undefined {
    this.#try(() => makeFolder(dirname(resolve(this.#path))));
    const file = readSmallFile(this.#path, MAX_BYTES);
    if (file instanceof FileProblem && file.error !== undefined) {
      if (isNoneLeft(file.error)) return 'unread';
      if (file.error.code !== 'ENOENT') this.#fail(file.error);
      return undefined;
    }
    const content = asRecord(file instanceof FileProblem ? undefined : parseJson(file));
    const { day } = content;
    const today = readSpent(content);
    const earlier = readDays(content.earlier ?? {});
    const unshared = readDays(content.unshared ?? {});
    if (isDay(day) && today && earlier && unshared) {
      return { day, ...today, earlier, unshared };
    }
    const aside = `${this.#path}.damaged`;
    this.#warn(
      `${this.#path} is damaged, so the posts from X are counted from 0. It is kept as ${aside}.`,
    );
    this.#try(() => renameSync(this.#path, aside));
    return undefined;
  }

  write(count: DailyCount): void {
    const content = {
      ...count,
      earlier: Object.fromEntries(count.earlier),
      unshared: Object.fromEntries(count.unshared),
    };
    const next = `${this.#path}.new`;
    // A rename replaces the whole file or nothing of it.
    this.#try(() => {
      // A pipe in its place would never be read, and a link would lead elsewhere.
      rmSync(next, { force: true });
      writeFileSync(next, `${JSON.stringify(content)}\n`, { flag: 'wx' });
      renameSync(next, this.#path);
    });
  }

  #try(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!isSystemError(error)) throw error;
      this.#fail(error);
    }
  }

  #fail({ message }: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#warn(
      `posts read from X cannot be counted across restarts (${message}); ` +
        'every start has a whole allowance. --state-dir names another folder.',
    );
  }
}

/** Below /proc, Node's own `recursive` never returns. */
function makeFolder(path: string): void {
  const parent = dirname(path);
  if (path !== parent && !existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  }
}
