// The log as a person reads it at a terminal. What a client or an upstream sent may stand in it, and a
// terminal obeys control characters, so they are shown and not sent.

import { prettyFactory } from 'pino-pretty';

/** C0 and C1 controls but for tab and line feed, and what turns the direction of text or breaks a line. */
const OBEYED =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const write = prettyFactory({ ignore: 'pid,hostname,state', colorize: true });

/** The text for one line of JSON that pino wrote. */
export function prettify(line: string): string {
  return write(
    JSON.parse(line, (key, value) => (typeof value === 'string' ? show(key, value) : value)),
  );
}

function show(key: string, text: string): string {
  const shown = text.replace(
    OBEYED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  // Only the frames of a stack stand on lines of their own: a message could look like the next entry.
  return key === 'stack' ? shown : shown.replaceAll('\n', '\\n');
}
