import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_TEXT } from '../../../src/base/post.ts';
import { originalText } from '../../../src/sentiment/profile/original.ts';
import { newBudget } from '../../../src/sentiment/profile/without-each.ts';

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

  test('is what removing link after link as a regular expression leaves', () => {
    const parts = [
      'http://',
      'https://',
      'http://',
      '.',
      '.',
      'a',
      'b',
      ' ',
      '\n',
      'ht',
      '://',
      '😀',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 40 }), (some) => {
        const text = some.join('');
        const links = text.match(/https?:\/\/[a-z./]*/g) ?? [];
        const pattern = (link: string) => new RegExp(link.replaceAll('.', '[^\\n]'), 'gu');
        const bare = links.reduce((left, link) => left.replace(pattern(link), ''), text);
        expect(originalText(text).polarityText).toBe(bare.replace(/[^a-z#!?']/g, ' '));
      }),
      { numRuns: 2000 },
    );
  });

  test('is exact with 150 mentions and 150 links in 25,000 characters', () => {
    const some = Array.from({ length: 150 }, (_, i) => `@name${i} and https://t.co/abcdef${i}`);
    const text = `${some.join(' ').padEnd(MAX_TEXT - 50)} @name1234 https://t.co/abcdef0again`;
    const left = originalText(text).polarityText.trim();
    // What is left of the two longer ones.
    expect(left.match(/[a-z]+/g)?.filter((word) => word !== 'and')).toEqual(['again']);
  });

  const lots = (part: (i: number) => string, length = MAX_TEXT) => {
    let text = '';
    for (let i = 0; text.length < length; i++) text += part(i);
    return text.slice(0, length);
  };
  const code = (i: number) => i.toString(36).padStart(3, 'z');
  test.each([
    ['a link of nothing but dots', `http://${'.'.repeat(24_000)} x`],
    ['links that differ at their ends', lots((i) => `http://.aaaaaaaa${code(i)} `)],
    ['links of many dots', lots((i) => `http://${'.'.repeat(90)}${code(i)} `)],
    [
      'a long link that nearly stands everywhere',
      `http://${'http...'.repeat(1700)}q ${lots(() => 'http://', 12_000)}`,
    ],
    ['links in links', lots((i) => `htthttp://${code(i)} p://${code(i + 1)}`)],
    ['mentions that differ at their ends', lots((i) => `@aa${code(i)}`)],
    ['mentions of nobody', '@'.repeat(MAX_TEXT)],
    [
      'mentions that grow when others go',
      `${lots((i) => `@${'b'.repeat(Math.max(1, 110 - i))} `, 6100)}@ ${lots(() => '@a', 18_000)}`,
    ],
  ])('takes a bounded number of steps for %s', (_, text) => {
    const budget = newBudget();
    const { left: all } = budget;
    const { polarityText } = originalText(text, budget);
    expect(all).toBeLessThanOrEqual(1_000_000);
    // No more than for one match at one place is done when the budget is used up.
    expect(budget.left).toBeGreaterThan(-text.length - 10);
    expect(polarityText).toMatch(/^[a-z ]*$/);
  });

  test('has no mentions and links either if it takes too many steps to do as the first server did', () => {
    const some = Array.from({ length: 2000 }, (_, i) => i);
    const mentions = some.map((i) => `@${code(i)}`).join(' ');
    const links = some.map((i) => `http://t.co/${code(i)}`).join(' ');
    expect(originalText(`${mentions} @ ${links} good`).polarityText.trim()).toBe('good');
  });
});
