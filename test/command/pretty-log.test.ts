import { stripVTControlCharacters } from 'node:util';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { prettify } from '../../src/command/pretty-log.ts';

/** Returns what a terminal gets of a log entry, without our colours. */
function logged(act: (log: pino.Logger) => void): string {
  let shown = '';
  act(
    pino(
      { level: 'info' },
      {
        write(line: string) {
          shown += prettify(line);
        },
      },
    ),
  );
  return stripVTControlCharacters(shown);
}

test('a message is one line, with its control characters escaped', () => {
  const hostile = 'bad\u001b[2J\u009b31m\r\n[12:00:00] INFO: all is well\u202e\u0007';
  const shown = logged((log) => log.warn(`source: bad post: ${hostile}`));
  expect(shown.split('\n')).toEqual([
    expect.stringContaining(
      'WARN: source: bad post: bad\\u001b[2J\\u009b31m\\u000d\\n[12:00:00] INFO: all is well\\u202e\\u0007',
    ),
    '',
  ]);
});

test('other fields are escaped too, and a stack keeps its lines', () => {
  const error = new Error('it was \u001b[31mred');
  const shown = logged((log) => log.error({ err: error, sent: '\u001b]0;title\u0007' }, 'failed'));
  expect(shown).not.toContain('\u001b');
  expect(shown).not.toContain('\u0007');
  expect(shown).toContain('it was \\u001b[31mred');
  expect(shown.split('\n').length).toBeGreaterThan(5);
});
