// The page of the track language says what the parser does.

import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/base/user-error.ts';
import { parseTrack } from '../../src/track/track.ts';
import { PAGES } from '../support/readmes.ts';
import { track } from '../support/tracks.ts';

const { text = '' } = PAGES.find(({ path }) => path === 'src/track/README.md') ?? {};

/** The rows of the first table below a heading, as cells. */
function tableBelow(heading: string): string[][] {
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  const [table = ''] = /(?:^\|.*\n)+/m.exec(section) ?? [];
  const rows = table.trimEnd().split('\n').slice(2);
  return rows.map((row) => row.split(/(?<!\\)\|/).slice(1, -1));
}

function codesIn(cell = ''): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll('\\|', '|'));
}

describe('the table of terms', () => {
  const rows = tableBelow('Terms');
  const terms = rows.flatMap(([write]) => codesIn(write));
  const same = rows
    .filter(([, meaning]) => meaning?.includes('the same as'))
    .flatMap(([write, meaning]) =>
      codesIn(write).map((query) => [query, codesIn(meaning)[0] ?? '']),
    );

  test.each(terms)('has %j, which is a term', (term) => {
    const query = term.startsWith('-') ? `coffee ${term}` : term;
    expect(track(query).clauses).not.toEqual([]);
  });

  test.each(same)('says that %j is the same as %j', (query, other) => {
    expect(track(query)).toEqual(track(other));
  });

  test('has terms of each kind', () => {
    expect(terms.length).toBeGreaterThan(15);
    expect(same.length).toBeGreaterThan(5);
  });
});

describe('the table of rejected queries', () => {
  const queries = tableBelow('Queries that are rejected').flatMap(([rejected]) =>
    codesIn(rejected),
  );

  test.each(queries)('has %j, which is rejected', (query) => {
    expect(parseTrack(query)).toBeInstanceOf(UserError);
  });

  test('has many', () => {
    expect(queries.length).toBeGreaterThan(20);
  });
});
