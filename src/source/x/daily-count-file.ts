// The counts of posts of a day and of those before, in a file that a crash never leaves half written.

import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isNoneLeft } from '../../base/descriptors.ts';
import { isRecord, parseJson } from '../../base/json.ts';
import { FileProblem, isSystemError, readSmallFile } from '../../base/small-file.ts';
import { asRecord } from './failure.ts';

/** Posts by UTC day, such as `2026-11-20`. */
export type Days = ReadonlyMap<string, number>;

interface DailyCount {
  readonly day: string;
  readonly posts: number;
  /** The posts of earlier days. */
  readonly earlier: Days;
}

const FILE = 'x-posts-today.json';
/** The file takes about 1,000. */
const MAX_BYTES = 4096;
/** More than a month has. */
export const MAX_DAYS = 100;
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
    const content = asRecord(file instanceof FileProblem ? undefined : parseJson(file));
    const { day, posts, earlier = {} } = content;
    const days = readDays(earlier, latestDay);
    if (isDay(day) && day <= latestDay && isCount(posts) && days !== undefined) {
      return { day, posts, earlier: days };
    }
    const aside = `${this.#path}.damaged`;
    this.#warn(
      `${this.#path} is damaged, so today's posts from X are counted from 0. It is kept as ${aside}.`,
    );
    this.#try(() => renameSync(this.#path, aside));
    return undefined;
  }

  write({ day, posts, earlier }: DailyCount): void {
    const content = { day, posts, earlier: Object.fromEntries(earlier) };
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

/** Reads an object of counts by day, and leaves days after `latestDay` out. Undefined if it is something else. */
export function readDays(value: unknown, latestDay: string): Map<string, number> | undefined {
  if (!isRecord(value)) return undefined;
  const days = Object.entries(value);
  if (days.length > MAX_DAYS) return undefined;
  const counts = new Map<string, number>();
  for (const [day, posts] of days) {
    if (!isDay(day) || !isCount(posts)) return undefined;
    if (day <= latestDay) counts.set(day, posts);
  }
  return counts;
}

function isDay(value: unknown): value is string {
  return typeof value === 'string' && DAY.test(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
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
