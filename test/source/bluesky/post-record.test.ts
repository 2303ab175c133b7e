import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAnalyzer } from '../../../src/sentiment/analysis.ts';
import { vader } from '../../../src/sentiment/vader/vader.ts';
import { readPostRecord } from '../../../src/source/bluesky/post-record.ts';
import { BOUNDS } from '../../../src/source/post-fields.ts';

const LONG = 'https://example.com/some-long-path/page?x=1';

type Feature = Record<string, unknown>;

function tag(name: unknown): Feature {
  return { $type: 'app.bsky.richtext.facet#tag', tag: name };
}

function link(uri: unknown): Feature {
  return { $type: 'app.bsky.richtext.facet#link', uri };
}

function facet(byteStart: unknown, byteEnd: unknown, ...features: unknown[]) {
  return { index: { byteStart, byteEnd }, features };
}

/** A facet that covers `part`, which stands once in `text`. */
function over(text: string, part: string, ...features: unknown[]) {
  const start = Buffer.byteLength(text.slice(0, text.indexOf(part)));
  return facet(start, start + Buffer.byteLength(part), ...features);
}

function read(text: string, record: Record<string, unknown> = {}) {
  return readPostRecord(text, record);
}

describe('the hashtags of a Bluesky post', () => {
  test('are those that its facets and its record state, whether or not the text has them', () => {
    const text = 'Sleep well #self-care';
    const facets = [over(text, '#self-care', tag('self-care'))];
    expect(read(text, { facets, tags: ['sleep', 'Bett'] }).tags).toEqual([
      'self-care',
      'sleep',
      'Bett',
    ]);
  });

  test('have no sign, no space around them, and no repeats', () => {
    const facets = [facet(0, 1, tag(' #tea '), tag('＃tea'), tag('tea'))];
    expect(read('tea', { facets, tags: ['##tea', '#', ' ', 'milk'] }).tags).toEqual([
      'tea',
      'milk',
    ]);
  });

  test('are bounded in number and length', () => {
    const { most, length } = BOUNDS.tags;
    const facets = Array.from({ length: 1000 }, (_, n) => facet(0, 1, tag(`tag${n}`)));
    expect(read('tea', { facets }).tags).toHaveLength(most);
    expect(read('tea', { tags: ['x'.repeat(length + 1), 'tea'] }).tags).toEqual(['tea']);
  });
});

test('the profile original scores a Bluesky post as its author sees it, with a short address', () => {
  const shown = 'https://example.com/why…';
  const text = `Coffee ${shown}`;
  const facets = [over(text, shown, link('https://example.com/why?so-awful!#worst-day'))];
  const post = read(text, { facets });
  expect(post.text).toContain('so-awful');
  expect(post.asSent).toBe(text);
  const analyze = createAnalyzer('original', vader);
  expect(analyze(post.text, post.tags, post.asSent)).toEqual(analyze(text));
  expect(analyze(post.text)).not.toEqual(analyze(text));
  expect(read('Coffee').asSent).toBeUndefined();
});

describe('the links of a Bluesky post', () => {
  test('are those of its facets and of its card', () => {
    const text = 'Read this article';
    const facets = [over(text, 'this article', link('https://example.com/article'))];
    const external = { uri: 'http://example.org/card', title: 'A card', description: '…' };
    const embed = { $type: 'app.bsky.embed.external', external };
    const links = ['https://example.com/article', 'http://example.org/card'];
    expect(read(text, { facets, embed })).toMatchObject({ text, links });
    const media = { $type: 'app.bsky.embed.recordWithMedia', media: embed, record: {} };
    expect(read(text, { facets, embed: media })).toMatchObject({ links, attached: ['A card'] });
  });

  test.each([
    'javascript:alert(1)',
    'ftp://example.com/',
    'at://did:plc:a/app.bsky.feed.post/b',
    'example.com',
    'https://',
    `https://example.com/${'x'.repeat(BOUNDS.links.length)}`,
    `https://${'x'.repeat(301)}/`,
    `https://a.${'\ufdfa'.repeat(20)}/`,
    7,
    null,
  ])('leave out what is no web address: %s', (uri) => {
    const facets = [facet(0, 11, link(uri))];
    const embed = { external: { uri } };
    expect(read('example.com', { facets, embed })).toMatchObject({
      text: 'example.com',
      links: [],
    });
  });
});

describe('what is attached to a Bluesky post', () => {
  test.each<[string, object, string[]]>([
    ['a card', { external: { title: 'Tea', description: 'no' } }, ['Tea']],
    ['images', { images: [{ alt: 'A cup' }, { alt: '' }, { alt: 'A pot' }] }, ['A cup', 'A pot']],
    ['a gallery', { items: [{ alt: 'A cup' }] }, ['A cup']],
    ['a video', { video: {}, alt: 'Tea is poured' }, ['Tea is poured']],
    ['a video above a quoted post', { record: {}, media: { alt: 'Tea' } }, ['Tea']],
    ['images above a quoted post', { record: {}, media: { images: [{ alt: 'Tea' }] } }, ['Tea']],
    ['nothing but a quoted post', { record: { uri: 'at://x', cid: 'y' } }, []],
  ])('is the text of %s', (_, embed, attached) => {
    expect(read('Look', { embed }).attached).toEqual(attached);
  });

  test('is bounded in number and length', () => {
    const { most, length } = BOUNDS.attached;
    const images = Array.from({ length: 1000 }, () => ({ alt: '🍵'.repeat(length) }));
    const { attached } = read('Look', { embed: { images } });
    expect(attached).toHaveLength(most);
    for (const text of attached) expect(text).toBe('🍵'.repeat(length / 2));
  });
});

describe('the text of a Bluesky post', () => {
  test.each([
    ['cut with dots', 'example.com/some-lo...'],
    ['cut with an ellipsis', 'example.com/some-lo…'],
    ['with its scheme', 'https://example.com/some-lo…'],
    ['with www and in other letters', 'www.Example.com/some-long-path'],
    ['that is only the host', 'example.com'],
  ])('has the full address in the place of a shortened one, %s', (_, shown) => {
    const text = `Tée 🍵 ${shown}, soon`;
    const facets = [over(text, shown, link(LONG))];
    expect(read(text, { facets }).text).toBe(`Tée 🍵 ${LONG}, soon`);
  });

  test('has an address as one word, whatever stands in it', () => {
    const uri = 'https://example.com/a_(b)"c d‘e’コーヒー\ud800';
    const facets = [facet(0, 11, link(uri))];
    const { text, links } = read('example.com', { facets });
    expect([text, links]).toEqual([
      'https://example.com/a_%28b%29%22c%20d%E2%80%98e%E2%80%99' +
        '%E3%82%B3%E3%83%BC%E3%83%92%E3%83%BC%EF%BF%BD',
      [uri],
    ]);
  });

  test.each([
    ['words', 'this article', LONG],
    ['a word that is the name of a host', 'example', 'https://example/'],
    ['the beginning of a host', 'example', 'https://example.com/'],
    ['the address of another page', 'example.com/x', LONG],
    ['dots', '...', LONG],
  ])('keeps %s that carry a link', (_, shown, uri) => {
    const text = `See ${shown} today`;
    const facets = [over(text, shown, link(uri))];
    expect(read(text, { facets })).toMatchObject({ text, links: [uri] });
  });

  test.each<[string, unknown, unknown]>([
    ['out of bounds', 0, 12],
    ['far out of bounds', 0, Number.MAX_SAFE_INTEGER],
    ['reversed', 11, 0],
    ['empty', 3, 3],
    ['negative', -11, 11],
    ['a fraction', 0.5, 11],
    ['text', '0', '11'],
    ['missing', undefined, undefined],
  ])('stays as it is when a range is %s', (_, start, end) => {
    const facets = [facet(start, end, link(LONG))];
    expect(read('example.com', { facets })).toMatchObject({ text: 'example.com', links: [LONG] });
  });

  test('stays as it is when a range splits a character', () => {
    const text = 'é example.com 🍵';
    for (const [start, end] of [
      [1, 14],
      [3, 17],
    ]) {
      expect(read(text, { facets: [facet(start, end, link(LONG))] }).text).toBe(text);
    }
  });

  test('restores the first of addresses that overlap', () => {
    const facets = [
      facet(0, 11, link('https://example.com/second')),
      facet(0, 11, link('https://example.com/third')),
      facet(4, 11, link('https://ple.com/')),
    ];
    expect(read('example.com', { facets }).text).toBe('https://example.com/second');
  });

  test.each<[string, string, unknown[]]>([
    [
      'ranges that cover nearly all of it',
      `example.com${'.'.repeat(200_000)}`,
      Array.from({ length: 256 }, (_, n) => facet(0, 200_000 - n, link(LONG))),
    ],
    [
      'names of hosts that are long',
      'example.com',
      Array.from({ length: 256 }, (_, n) =>
        facet(0, 11, link(`https://${'\ufdfa'.repeat(290)}${n}/`)),
      ),
    ],
  ])('is read quickly with many %s', (_, text, facets) => {
    const start = process.cpuUsage();
    expect(read(text, { facets }).text).toBe(text);
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1000).toBeLessThan(40);
  });

  test('is read quickly with thousands of facets', () => {
    const facets = Array.from({ length: 5000 }, (_, n) => facet(n, n + 11, link(LONG), tag('tea')));
    const { text, tags, links } = read('example.com '.repeat(500), { facets });
    expect(text.startsWith(`${LONG} ${LONG} `)).toBe(true);
    expect([tags, links]).toEqual([['tea'], [LONG]]);
  });

  const words = fc.array(
    fc.record({
      word: fc.string({ unit: 'grapheme', maxLength: 6 }),
      n: fc.nat(99),
      cut: fc.nat(9),
    }),
    { maxLength: 8 },
  );

  test('has every full address at its place, whatever characters stand between them', () => {
    fc.assert(
      fc.property(words, (parts) => {
        let text = '';
        let full = '';
        const facets = parts.map(({ word, n, cut }) => {
          const uri = `https://example.com/päge-${n}?x=1`;
          const shown = `example.com/päge-${n}?x=1`.slice(0, -1 - cut);
          const before = Buffer.byteLength(`${text}${word.toWellFormed()} `);
          text += `${word.toWellFormed()} ${shown}…`;
          full += `${word.toWellFormed()} ${uri}`;
          return facet(before, Buffer.byteLength(text), link(uri));
        });
        expect(read(text, { facets: facets.reverse() }).text).toBe(full);
      }),
    );
  });

  test('never gains a broken character, whatever its facets claim', () => {
    const edge = fc.oneof(fc.integer({ min: -2, max: 40 }), fc.jsonValue());
    const feature = fc.oneof(
      fc.constantFrom(link('https://example.com/x'), link('https://é.example/'), tag('é')),
      fc.jsonValue(),
    );
    const facets = fc.array(
      fc.oneof(
        fc.jsonValue(),
        fc.tuple(edge, edge, fc.array(feature)).map(([a, b, list]) => facet(a, b, ...list)),
      ),
    );
    const text = fc
      .array(fc.constantFrom('example.com', 'é.example', ' ', '🍵', 'é', 'a'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, facets, (original, list) => {
        const { text: whole, tags, links } = read(original, { facets: list });
        expect(whole).not.toContain('\ufffd');
        expect(links.includes('https://example.com/x') || !whole.includes('com/x')).toBe(true);
        expect(tags.length).toBeLessThanOrEqual(BOUNDS.tags.most);
        if (links.length === 0) expect(whole).toBe(original);
      }),
      { numRuns: 1000 },
    );
  });

  test('never makes a post bad, whatever stands beside it', () => {
    const names = ['facets', 'embed', 'tags', 'langs'];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.jsonValue(), (name, value) => {
        expect(read('tea', { [name]: value }).text).toBe('tea');
      }),
    );
  });
});
