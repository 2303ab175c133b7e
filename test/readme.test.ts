// Every page of documentation: its links lead somewhere, and the commands it names exist.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { OPTIONS } from '../src/config/options.ts';
import { anchorsOf, linksOf, PAGES, ROOT } from './support/readmes.ts';

const { scripts } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
const flags = Object.values(OPTIONS).map(({ flag }) => `--${flag}`);

test('the front page fits on 200 lines', () => {
  const front = PAGES.find(({ path }) => path === 'README.md');
  expect(front?.text.split('\n').length).toBeLessThanOrEqual(200);
});

describe.each(PAGES)('$path', (page) => {
  test('links only to files and headings that exist', () => {
    expect(linksOf(page).filter((target) => !leadsSomewhere(target, page.path))).toEqual([]);
  });

  test('names only scripts of package.json', () => {
    const named = [...page.text.matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w:-]+)/g)];
    expect(named.map(([, name = '']) => name).filter((name) => !(name in scripts))).toEqual([]);
  });

  test('passes only known options to npm start', () => {
    const text = page.text.replaceAll('\\\n', ' ');
    const given = [...text.matchAll(/npm start -- ([^\n`]*)/g)].flatMap(
      ([, options = '']) => options.match(/--[a-z-]+/g) ?? [],
    );
    const known = [...flags, '--help', '--version'];
    expect(given.filter((flag) => !known.includes(flag))).toEqual([]);
  });

  test('names only files to play that exist', () => {
    const files = [...page.text.matchAll(/^npm .*--file (\S+)/gm)].map(([, file = '']) => file);
    expect(files.filter((file) => !existsSync(new URL(file, ROOT)))).toEqual([]);
  });
});

const TABLES = PAGES.flatMap(({ path, text }) => {
  const [table] = text.match(/^\| file \| .*\n(?:^\|.*\n)+/m) ?? [];
  return table === undefined ? [] : { path, table };
});

test.each(TABLES)(
  'the table of $path has every source file of its folder, and no other',
  ({ path, table }) => {
    const cells = table.split('\n').map((row) => row.split(' | ')[0]);
    const named = cells.join().matchAll(/(?:`|\()([\w.-]+?)(?:\.ts)?(?:`|\))/g);
    const folder = readdirSync(new URL('.', new URL(path, ROOT)));
    const sources = folder.filter((name) => name.endsWith('.ts')).map((name) => name.slice(0, -3));
    // Folders, pages and styles stand in full, and may stand in the table, too.
    const listed = [...named].map(([, name = '']) => name).filter((name) => !folder.includes(name));
    expect(listed.sort()).toEqual(sources.sort());
  },
);

function leadsSomewhere(target: string, from: string): boolean {
  const url = new URL(target, new URL(from, ROOT));
  const anchor = decodeURIComponent(url.hash.slice(1));
  url.hash = '';
  if (!existsSync(url)) return false;
  const page = PAGES.find(({ path }) => new URL(path, ROOT).href === url.href);
  return anchor === '' || (page !== undefined && anchorsOf(page).includes(anchor));
}
