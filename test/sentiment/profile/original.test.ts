import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { originalText } from '../../../src/sentiment/profile/original.ts';

describe('the original text', () => {
  test.each([
    ['is in small letters', 'Good DAY!', 'good day!', 'good day '],
    ['is a to z wherever Python lower-cases to it', '\u212aind \u0130t', 'kind i t', 'kind i t'],
    ['has a blank for whatever else it does not keep', "don't?\nwhy", "don't? why", 'don t  why'],
    ['breaks a hashtag at a digit', '#1st #r1bw #tag!', '# st #r bw #tag!', '# st #r bw #tag '],
    ['has no mentions', 'a @me b', 'a  b', 'a  b'],
    ['has no mentions in any script', '@überé ok', ' ok', ' ok'],
    ['ends a mention at a mark', '@n\u0301o ok', ' o ok', ' o ok'],
    [
      'lacks a mention also where a longer one starts with it',
      '@jo @john good',
      ' hn good',
      ' hn good',
    ],
    ['lacks a longer mention that comes first', '@john @jo good', '  good', '  good'],
    ['keeps a name whose @ a lone one took along', '@ @foo good', ' foo good', ' foo good'],
    ['lacks mentions that arise as others go', '@b @axy @a@bxy !', '   !', '    '],
    ['has no links', 'good http://t.co/Ab1 bad', 'good  bad', 'good  bad'],
    ['keeps what the first server took for the end of a link', 'https://a.b/c?d=e', '?d e', ' d e'],
    ['takes a dot in a link for any character', 'http://a.b y http://axb z', ' y  z', ' y  z'],
    ['takes a dot for a whole emoji', 'http://..x http://😀bx y', '  y', '  y'],
    ['takes no dot for a line feed', 'http://.x http://\nx', '  x', '  x'],
    ['lacks a link also where a longer one starts with it', 'http://a http://ab', ' b', ' b'],
  ])('%s', (_, text, polarity, hashtags) => {
    const tags = hashtags.match(/#[a-z]+/g) ?? [];
    expect(originalText(text)).toEqual({
      polarityText: polarity,
      tags: tags.map((tag) => tag.slice(1)),
    });
  });

  test('has no other characters, whatever the text', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('@', '@a', 'http://', '.'),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const { polarityText, tags } = originalText(parts.join(''));
        expect(polarityText).toMatch(/^[a-z#!?' ]*$/);
        for (const tag of tags) expect(tag).toMatch(/^[a-z]+$/);
      }),
    );
  });

  test('is what removing mention after mention leaves', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('@', '@', 'a', 'b', ' ') }), (text) => {
        const names = text.match(/@\w*/g) ?? [];
        const bare = names.reduce((left, name) => left.replaceAll(name, ''), text);
        expect(originalText(text).polarityText).toBe(bare.replaceAll('@', ' '));
      }),
      { numRuns: 1000 },
    );
  });
});
