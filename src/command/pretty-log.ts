// Formats the log for a terminal. Lines may contain text from a client or an upstream, so control characters
// are shown as escapes and never reach the terminal.

import { prettyFactory } from 'pino-pretty';

/** C0 and C1 controls except tab and line feed, marks of text direction, and line separators. */
const CONTROLS = /(?![\t\n])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

const write = prettyFactory({ ignore: 'pid,hostname,state', colorize: true });

/** Formats a line of JSON from pino. */
export function prettify(line: string): string {
  return write(
    JSON.parse(line, (key, value) => (typeof value === 'string' ? show(key, value) : value)),
  );
}

function show(key: string, text: string): string {
  const shown = text.replace(
    CONTROLS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  // Only a stack keeps its line breaks. With them, a message could imitate the next entry.
  return key === 'stack' ? shown : shown.replaceAll('\n', '\\n');
}
