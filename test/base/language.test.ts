import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isInLanguages, readLanguage, readLanguages } from '../../src/base/language.ts';

describe('a language tag', () => {
  test.each(['und', 'UND', 'zxx', 'mul', 'mis', 'art', 'qme', 'qaa', 'qtz', 'und-Latn', 'qht-x-y'])(
    'names no language if it is %s',
    (tag) => expect(readLanguage(tag)).toBeUndefined(),
  );

  test.each([
    ['eng', 'en'],
    ['ENG-gb', 'en-GB'],
    ['ger', 'de'],
    ['deu', 'de'],
    ['zho-tw', 'zh-TW'],
    ['iw', 'he'],
    ['in', 'id'],
    ['que', 'qu'],
    ['ckb', 'ckb'],
  ])('%s is the same as %s', (tag, language) => {
    expect(readLanguage(tag)).toBe(language);
  });

  test.each([
    '',
    'e',
    'en_GB',
    'e n',
    '-',
    'en-',
    'en-a-b-a-c',
    'x'.repeat(36),
    'en\u0000',
    'ＥＮ',
    'english',
  ])('that is malformed, such as %j, names no language', (tag) =>
    expect(readLanguage(tag)).toBeUndefined(),
  );

  test('in canonical form stays as it is, also when many others came in between', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{2,3}(-[A-Z]{2})?$/), (tag) => {
        const language = readLanguage(tag);
        if (language !== undefined) expect(readLanguage(language)).toBe(language);
      }),
      { numRuns: 2000 },
    );
  });

  test('of a list counts once', () => {
    expect(readLanguages(['eng', 'en', 'und', 'de'])).toEqual(['en', 'de']);
  });
});

test('a post that names no language is in all of them', () => {
  expect(isInLanguages([], ['de'])).toBe(true);
  expect(isInLanguages(['en-GB'], ['en'])).toBe(true);
  expect(isInLanguages(['en'], ['en-gb'])).toBe(false);
});
