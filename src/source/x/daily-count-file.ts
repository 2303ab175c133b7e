// A day's count of posts in a small file that is whole at any moment, whenever the process dies.

import { existsSync, mkdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isNoneLeft } from '../../base/descriptors.ts';
import { parseJson } from '../../base/json.ts';
import { FileProblem, isSystemError, readSmallFile } from '../../base/small-file.ts';
import { asRecord } from './failure.ts';

export interface DayCount {
  /** A UTC day, such as `2026-11-20`. */
  readonly day: string;
  readonly posts: number;
}

export interface Tally {
  /**
   * What was written last, unless it is damaged or of a day after `latestDay`. `unread` when no file
   * descriptor is left: then there may be a count, and it has to be read before another is written.
   */
  read(latestDay: string): DayCount | 'unread' | undefined;
  /** Warns once when it can't. */
  write(count: DayCount): void;
}

const FILE = 'x-posts-today.json';
/** It has 40. */
const MOST_BYTES = 4096;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** In `folder`, which is made should it not be there. */
export function openTally(folder: string, warn: (message: string) => void): Tally {
  const path = join(folder, FILE);
  let warned = false;

  function tryTo(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!isSystemError(error)) throw error;
      if (warned) return;
      warned = true;
      warn(
        `posts read from X cannot be counted across restarts (${error.message}); ` +
          'every start has a whole allowance. --state-dir names another folder.',
      );
    }
  }

  function setAside(): void {
    warn(
      `${path} is damaged, so today's posts from X are counted from 0; ` +
        `what was in it is kept in ${path}.damaged.`,
    );
    tryTo(() => renameSync(path, `${path}.damaged`));
  }

  return {
    read(latestDay) {
      tryTo(() => makeFolder(folder));
      const file = readSmallFile(path, MOST_BYTES);
      if (file instanceof FileProblem) {
        const { error } = file;
        if (isNoneLeft(error)) return 'unread';
        if (error === undefined) setAside();
        else if (error.code !== 'ENOENT') {
          tryTo(() => {
            throw error;
          });
        }
        return undefined;
      }
      const { day, posts } = asRecord(parseJson(file));
      if (typeof day === 'string' && DAY.test(day) && day <= latestDay && isCount(posts)) {
        return { day, posts };
      }
      setAside();
      return undefined;
    },
    write(count) {
      // A rename puts all of the new file in the old one's place, or nothing.
      tryTo(() => {
        remove(`${path}.new`);
        writeFileSync(`${path}.new`, `${JSON.stringify(count)}\n`, { flag: 'wx' });
        renameSync(`${path}.new`, path);
      });
    },
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** One folder after the other: Node's own `recursive` never comes back from a path below /proc. */
function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) {
    // The root of a drive that is not there.
    if (folder === dirname(folder)) break;
    missing.push(folder);
  }
  for (const folder of missing.reverse()) {
    try {
      mkdirSync(folder);
    } catch (error) {
      // Another node that starts with the same folder was quicker.
      if (!existsSync(folder)) throw error;
    }
  }
}

/** Removes what is there rather than write into it: it may be a pipe that nothing reads. */
function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'ENOENT') throw error;
  }
}
