// A day's count of posts in a small file that is whole at any moment, whenever the process dies.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '../../json.ts';
import { asRecord } from './failure.ts';

export interface DayCount {
  /** A UTC day, such as `2026-11-20`. */
  readonly day: string;
  readonly posts: number;
}

export interface Tally {
  /** What was written last, unless it is damaged or of a day after `latestDay`. */
  read(latestDay: string): DayCount | undefined;
  /** Warns once when it can't. */
  write(count: DayCount): void;
}

const FILE = 'x-posts-today.json';
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
      tryTo(() => mkdirSync(folder, { recursive: true }));
      let text: string | undefined;
      try {
        text = readFileSync(path, 'utf8');
      } catch (error) {
        if (isSystemError(error) && error.code === 'ENOENT') return undefined;
        tryTo(() => {
          throw error;
        });
        return undefined;
      }
      const { day, posts } = asRecord(parseJson(text));
      if (typeof day === 'string' && DAY.test(day) && day <= latestDay && isCount(posts)) {
        return { day, posts };
      }
      setAside();
      return undefined;
    },
    write(count) {
      // A rename puts all of the new file in the old one's place, or nothing.
      tryTo(() => {
        writeFileSync(`${path}.new`, `${JSON.stringify(count)}\n`);
        renameSync(`${path}.new`, path);
      });
    },
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}
