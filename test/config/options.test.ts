// The table of options, and the pages that repeat it.

import { describe, expect, test } from 'vitest';
import { nameOf } from '../../src/config/option.ts';
import { OPTIONS } from '../../src/config/options.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { PAGES } from '../support/readmes.ts';

const options = Object.values(OPTIONS);

/** The first three cells of a row: a flag unless it is a secret, a variable and a default. */
const ROW = /^\| *(?:`(--[a-z-]+)`)? *\| *`([A-Z_]+)` *\|([^|]*)\|/gm;

describe('the table of options', () => {
  test('names each flag and each variable once', () => {
    const names = options.flatMap((option) => [...new Set([nameOf(option), option.env])]);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  test('stands in the READMEs with the same flags, variables and defaults', () => {
    const rows = PAGES.flatMap(({ text }) =>
      [...text.matchAll(ROW)].map(([, flag = '', env = '', usual = '']) =>
        [flag, env, usual.replaceAll('`', '').trim()].join(' '),
      ),
    );
    const expected = options.map(({ flag, env, usual }) =>
      [flag === undefined ? '' : `--${flag}`, env, usual].join(' '),
    );
    expect(rows.sort()).toEqual(expected.sort());
  });

  test('is printed by --help, with variables and defaults', () => {
    const parsed = parseConfig(['--help', '--nonsense'], {});
    const help = 'help' in parsed ? parsed.help : '';
    for (const option of options) {
      expect(help).toContain(`  ${nameOf(option)}`);
      expect(help).toContain(option.env);
      expect(help).toContain(option.help);
    }
    expect(help).toContain('--port NUMBER (PORT, default: 8000)');
    expect(help).toContain('npm start -- --source bluesky');
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});
