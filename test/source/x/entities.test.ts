import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEntities } from '../../../src/source/x/entities.ts';
import { readRecord } from '../../../src/source/x/record.ts';

const SHORT = 'https://t.co/aBc123';
const read = (text: string, ...entities: unknown[]) =>
  readEntities(text, entities, new Set(['7', '5']));
const leadingTo = (expanded_url: unknown, unwound_url?: unknown) => ({
  urls: [{ start: 0, end: 3, url: SHORT, expanded_url, unwound_url }],
});

describe('the addresses of a post on X', () => {
  test('stand in the text in full, and are its links', () => {
    expect(read(`Read ${SHORT} now`, leadingTo('https://example.com/docs?a=1'))).toEqual({
      text: 'Read https://example.com/docs?a=1 now',
      tags: [],
      links: ['https://example.com/docs?a=1'],
    });
  });

  test('are followed to the end of all redirects, if X has done so, and found as written, too', () => {
    const end = 'https://example.com/a-long-story';
    expect(read(SHORT, leadingTo('https://sho.rt/1', end))).toMatchObject({
      text: end,
      links: [end, 'https://sho.rt/1'],
    });
    expect(read(SHORT, leadingTo(end, end)).links).toEqual([end]);
    for (const broken of ['', 'javascript:alert(1)', 7, null, `https://a.b/${'x'.repeat(3000)}`]) {
      expect(read(SHORT, leadingTo('https://sho.rt/1', broken)).text).toBe('https://sho.rt/1');
    }
  });

  test('are found by their t.co address and not by its place, which counts code points', () => {
    const text = `👩‍👩‍👧‍👦🔥 ${SHORT} and again ${SHORT}.`;
    expect(read(text, leadingTo('https://example.com')).text).toBe(
      '👩‍👩‍👧‍👦🔥 https://example.com and again https://example.com.',
    );
  });

  test('keep apart from letters next to them, which a full address could have', () => {
    expect(read(`見て${SHORT}すごい`, leadingTo('https://example.com/a')).text).toBe(
      '見て https://example.com/a すごい',
    );
  });

  test.each([
    ['an address that X does not state', `${SHORT}4`, leadingTo('https://example.com')],
    ['an address in another case', SHORT.toUpperCase(), leadingTo('https://example.com')],
    ['an address that leads nowhere', SHORT, leadingTo(undefined)],
    ['an address that is none of the web', SHORT, leadingTo('ftp://example.com')],
    [
      'a word that X claims to be an address',
      'rust',
      { urls: [{ url: 'rust', expanded_url: 'https://a.b' }] },
    ],
    ['a pattern of replacement', SHORT, leadingTo('$&')],
  ])('are left alone: %s', (_, text, entities) => {
    expect(read(text, entities).text).toBe(text);
  });

  test('are written as they are, even with signs that a replacement could misread', () => {
    const address = 'https://example.com/$&$1?$$';
    expect(read(SHORT, leadingTo(address)).text).toBe(address);
  });

  test.each([
    'https://x.com/someone/status/7/photo/1',
    'https://twitter.com/someone/status/7/video/1',
    'https://twitter.com/someone/status/5/photo/4',
    'https://x.com/i/web/status/7',
  ])('are left out when they lead to the post itself: %s', (own) => {
    expect(read(`Look ${SHORT}`, leadingTo(own))).toEqual({ text: 'Look ', tags: [], links: [] });
  });

  test.each(['https://x.com/someone/status/6', 'https://x.com/a/status/6/photo/1'])(
    'stay when they lead to another post: %s',
    (other) => {
      expect(read(SHORT, leadingTo(other))).toMatchObject({ text: other, links: [other] });
    },
  );

  test('and hashtags of a long post come from its whole text and from its beginning', () => {
    const data = {
      id: '7',
      text: `It begins #early … ${SHORT}`,
      entities: {
        hashtags: [{ start: 10, end: 16, tag: 'early' }],
        ...leadingTo('https://x.com/i/web/status/7'),
      },
      note_tweet: {
        text: 'It begins #early and ends at https://t.co/zzz #Late',
        entities: {
          hashtags: [{ tag: 'early' }, { tag: 'Late' }],
          urls: [{ url: 'https://t.co/zzz', expanded_url: 'https://example.com/' }],
        },
      },
    };
    for (const { note_tweet, ...others } of [data]) {
      for (const line of [{ data }, { data: { ...others, note_post: note_tweet } }]) {
        expect(readRecord(JSON.stringify(line))).toMatchObject({
          post: {
            text: 'It begins #early and ends at https://example.com/ #Late',
            tags: ['early', 'Late'],
            links: ['https://example.com/'],
          },
        });
      }
    }
  });

  test('are bounded in number and length', () => {
    const address = (n: number) => `https://example.com/${n}${'x'.repeat(2000)}`;
    const urls = Array.from({ length: 10_000 }, (_, n) => ({
      url: `https://t.co/${n}`,
      expanded_url: address(n),
    }));
    const hashtags = Array.from({ length: 10_000 }, (_, n) => ({ tag: `tag${n}` }));
    const text = urls.map(({ url }) => url).join(' ');
    const read7 = read(text.repeat(4), { urls, hashtags });
    expect(read7.links.length).toBeLessThanOrEqual(32);
    expect(read7.tags.length).toBeLessThanOrEqual(64);
    expect(read7.text.length).toBeLessThan(text.length * 4 + 600_000);
  });

  test('do no harm, whatever X sends', () => {
    const entry = fc.oneof(
      fc.record(
        {
          url: fc.constantFrom(SHORT, '', 7, null, 'a'),
          expanded_url: fc.oneof(fc.webUrl(), fc.string(), fc.constant(null)),
          unwound_url: fc.oneof(fc.webUrl(), fc.anything()),
          tag: fc.anything(),
        },
        { requiredKeys: [] },
      ),
      fc.anything(),
    );
    const list = fc.oneof(fc.array(entry, { maxLength: 5 }), fc.anything());
    const entities = fc.oneof(fc.record({ urls: list, hashtags: list }), fc.anything());
    const texts = fc.oneof(
      fc.string(),
      fc.string().map((it) => `${it}${SHORT}${it}`),
    );
    fc.assert(
      fc.property(texts, entities, entities, (text, first, second) => {
        const post = read(text, first, second);
        expect(post.links.every((link) => /^https?:/i.test(link.trim()))).toBe(true);
        expect(post.tags.every((tag) => typeof tag === 'string')).toBe(true);
        if (!text.includes('t.co')) expect(post.text).toBe(text);
      }),
      { seed: 19, numRuns: 500 },
    );
  });
});
