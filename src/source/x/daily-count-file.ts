// A day's count of posts, in a file that a crash never leaves half written.

import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isNoneLeft } from '../../base/descriptors.ts';
import { parseJson } from '../../base/json.ts';
import { FileProblem, isSystemError, readSmallFile } from '../../base/small-file.ts';
import { asRecord } from './failure.ts';

interface DailyCount {
  /** A UTC day, such as `2026-11-20`. */
  readonly day: string;
  readonly posts: number;
}

const FILE = 'x-posts-today.json';
/** The file takes about 40. */
const MAX_BYTES = 4096;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

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
   * Returns what was written last, unless it is damaged or of a day after `latestDay`. Returns `unread`
   * while no file descriptor is left: read it again before a write, which would replace it.
   */
  read(latestDay: string): DailyCount | 'unread' | undefined {
    this.#try(() => makeFolder(dirname(resolve(this.#path))));
    const file = readSmallFile(this.#path, MAX_BYTES);
    if (file instanceof FileProblem && file.error !== undefined) {
      if (isNoneLeft(file.error)) return 'unread';
      if (file.error.code !== 'ENOENT') this.#fail(file.error);
      return undefined;
    }
    const { day, posts } = asRecord(file instanceof FileProblem ? undefined : parseJson(file));
    const isDay = typeof day === 'string' && DAY.test(day) && day <= latestDay;
    const isCount = typeof posts === 'number' && Number.isSafeInteger(posts) && posts >= 0;
    if (isDay && isCount) return { day, posts };
    const aside = `${this.#path}.damaged`;
    this.#warn(
      `${this.#path} is damaged, so today's posts from X are counted from 0. It is kept as ${aside}.`,
    );
    this.#try(() => renameSync(this.#path, aside));
    return undefined;
  }

  write(count: DailyCount): void {
    const next = `${this.#path}.new`;
    // A rename replaces the whole file or nothing of it.
    this.#try(() => {
      // A pipe in its place would never be read, and a link would lead elsewhere.
      rmSync(next, { force: true });
      writeFileSync(next, `${JSON.stringify(count)}\n`, { flag: 'wx' });
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
