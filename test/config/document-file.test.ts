import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { tempFile } from '../support/temp-file.ts';

function parse(content: unknown) {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const path = tempFile('documents.json', text);
  const parsed = parseConfig(['--documents', path], {});
  if ('help' in parsed) throw new Error('unexpected help page');
  return 'config' in parsed ? parsed.config.documents : parsed.mistakes;
}

const QUERY = 'query Status { status { listeners } }';
const MANIFEST = { format: 'apollo-persisted-query-manifest', version: 1 };

describe('--documents', () => {
  test('excludes --federation, since a router writes its operations itself', () => {
    const path = tempFile('documents.json', '{"id": "{ status { tracks } }"}');
    expect(parseConfig(['--documents', path, '--federation'], {})).toEqual({
      mistakes: ['--documents and --federation exclude each other. Set only one.'],
    });
  });

  test.each([
    ['an object of texts by their ids', { abc: QUERY }],
    [
      "Apollo's manifest",
      { ...MANIFEST, operations: [{ id: 'abc', name: 'Status', type: 'query', body: QUERY }] },
    ],
  ])('takes %s', (_, content) => {
    expect(parse(content)).toEqual(new Map([['abc', QUERY]]));
  });

  test.each([
    ['', 'a file of JSON such as {"id": "query { … }"}'],
    ['[]', 'a file of JSON such as'],
    ['{}', 'a file with one operation or more'],
    [{ abc: 7 }, 'a file whose operations can be parsed ("abc": it is no text)'],
    [{ abc: 'query {' }, '("abc": Syntax Error: Expected Name, found <EOF>.)'],
    [{ ...MANIFEST, version: 2, operations: [] }, 'a manifest of version 1, and not 2'],
    [MANIFEST, 'a manifest with a list of "operations"'],
    [{ ...MANIFEST, operations: [{ body: QUERY }] }, 'each have an "id" and a "body"'],
    [{ ...MANIFEST, operations: [{ id: 'abc' }] }, '("abc": it is no text)'],
  ])('rejects %j and says what it must be', (content, expected) => {
    expect(parse(content)).toEqual([expect.stringContaining(expected)]);
  });

  test('rejects a file that is too large', () => {
    const content = ' '.repeat(16 * 1024 * 1024 + 1);
    expect(parse(content)).toEqual([expect.stringMatching(/a file of at most 16 MiB\.$/)]);
  });
});
