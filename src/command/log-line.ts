// Bounds the length of a log line, which may contain text from a client or an upstream.

import { stdSerializers } from 'pino';

/** The longest line of JSON, in characters. */
export const MAX_LINE = 8192;
/** How long the texts of a longer line may be, in characters. Each is tried in turn until the line fits. */
const LONGEST_TEXTS = [1000, 300, 80];
const CUT = '… (cut)';

/**
 * Selects what the log gets of an error. Other properties may hold everything that a client sent, such as the
 * syntax tree of its query.
 */
export function loggedError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack, code } = stdSerializers.err(error);
  return { type, message, ...(typeof code === 'string' && { code }), stack };
}

/** Cuts the texts in a line of JSON that is longer than `MAX_LINE`. The result is still JSON. */
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
