// Bounds the length of a log line: what a client or an upstream sent may stand in it.

import { stdSerializers } from 'pino';

/** Of a line of JSON, in characters. */
export const MAX_LINE = 8192;
/** The longest texts of a line that is too long, in characters: tried in turn until the line fits. */
const LONGEST_TEXTS = [1000, 300, 80];
const CUT = '… (cut)';

/**
 * What the log has of an error. Other properties are left out: they may hold all of what a client sent,
 * as the syntax tree of its query.
 */
export function loggedError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack, code } = stdSerializers.err(error);
  return { type, message, ...(typeof code === 'string' && { code }), stack };
}

/** The line of JSON, with its texts cut where it is longer than `MAX_LINE`. It remains JSON. */
export function cutLine(line: string): string {
  if (line.length <= MAX_LINE) return line;
  const whole: unknown = JSON.parse(line);
  for (const longest of LONGEST_TEXTS) {
    const cut = `${JSON.stringify(whole, (_key, value) => cutText(value, longest))}\n`;
    if (cut.length <= MAX_LINE) return cut;
  }
  const { level, time, msg } = whole as Record<string, unknown>;
  return `${JSON.stringify({ level, time, msg: cutText(msg, LONGEST_TEXTS[0] ?? 0) })}\n`;
}

function cutText(value: unknown, longest: number): unknown {
  if (typeof value !== 'string' || value.length <= longest) return value;
  return value.slice(0, longest) + CUT;
}
