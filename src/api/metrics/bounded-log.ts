// A log for lines that clients and upstreams can cause. It writes a bounded number of each kind a minute.

import type { Logger } from 'pino';
import type { Level, Refusals, Subject } from './rejections.ts';

export type BoundedLog = Readonly<Record<Level, (line: string, error?: unknown) => void>>;

export function boundLog(log: Logger, subject: Subject, notice: Refusals['notice']): BoundedLog {
  const at = (level: Level) => (line: string, error?: unknown) => {
    // What is not written must not use up the lines of its kind.
    if (!log.isLevelEnabled(level)) return;
    notice(`${subject}, ${level}`, line, (text) => {
      if (error === undefined) log[level](text);
      else log[level]({ err: error }, text);
    });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
