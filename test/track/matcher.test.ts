import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Matcher } from '../../src/track/matcher.ts';
import { parseTrack, type Track } from '../../src/track/track.ts';
import { words } from '../../src/track/words.ts';
import { wordsOf } from '../../src/track/words-of-post.ts';
import { TEXT_ALONE } from '../support/posts.ts';
import { posts, queries } from '../support/queries.ts';
import { matchesPartsSlowly, matchesSlowly, readPostSlowly } from '../support/slow-matcher.ts';
import { track } from '../support/tracks.ts';

/** Each with some fifty tracks and forty posts. */
const RUNS = 160;

function matches(query: string, text: string): boolean {
  const matcher = new Matcher<Track>();
  matcher.add(track(query), track(query));
  return matcher.match(words(text)).length > 0;
}

describe('a track matches', () => {
  test.each([
    // The examples of X's old `track` parameter, except that words of links are matched by addresses alone.
    ['twitter', 'TWITTER', true],
    ['twitter', '"Twitter" is', true],
    ['twitter', 'twitter.', true],
    ['twitter', '#twitter', true],
    ['twitter', '@twitter', true],
    ['twitter', '$twitter', true],
    ['twitter', 'http://twitter.com', false],
    ['twitter.com', 'http://twitter.com', true],
    ['twitter', 'TwitterTracker', false],
    ['twitter', '#newtwitter', false],
    ['touché', 'touche', false],
    ["Twitter's", "I like Twitter's new design", true],
    ["Twitter's", 'Twitters', false],
    ['twitter api,twitter streaming', 'The Twitter Streaming API is not working', true],
    ['example.com', 'Someday I will visit example.com', true],
    ['example.com', 'example of a com', false],
    ['www.example.com', 'www.example.com/foo', true],
    // Letters begin the words of an address, whatever stands before.
    ['https://🔥.👨‍👩‍👧#www.example.com', 'example.com', true],
    ['https://example.com', 'https://🔥.👨‍👩‍👧#www.example.com', true],
    ['https://www.🔥', 'https://🔥.👨‍👩‍👧#www.example.com', false],
    ['example.com', 'https://docs.example.com/x', true],
    ['example.com/docs', 'see http://example.com/docs/install#now', true],
    ['example.com/docs', 'see example.com docs', false],
    ['example.com', 'an example. Com', false],
    ['"example com"', 'Someday I will visit example.com', true],
    ['"example com"', 'https://example.com', false],
    ['vercel/next.js', 'https://github.com/vercel/next.js', true],
    ['coffee', 'https://example.com/coffee', false],
    ['coffee', 'www.coffee.com', false],
    ['co', 'https://t.co/abc', false],
    ['https', 'https://t.co/abc', false],
    ['U.S.', 'in the U.S. today', true],
    ['and/or', 'this and/or that', true],
    ['and/or', 'this and or that', false],
    ['joe@example.com', 'ask Joe@example.com!', true],
    ['@example', 'joe@example.com', false],
    ['#bar', 'foo#bar', false],
    ['bar', 'foo#bar', true],
    ['#install', 'example.com/docs#install', false],
    ['#tea', '#coffee#tea', true],
    ['#self-care', 'some #Self-Care today', true],
    ['#self', 'some #self-care today', true],
    ['self-care', 'some #self-care today', true],
    ['#self-care', 'some #self', false],
    ['C++', 'I write C++.', true],
    ['C++', 'I write C', false],
    ['C++', '#C++', true],
    ['C', 'I write C++', true],
    ['#c', 'I write C++', false],
    ['#c', '#C++', true],
    ['C#', 'in C# and F#', true],
    ['.NET', 'on .NET 9', true],
    ['.NET', 'on the net', false],
    ['.NET', 'well...net', false],
    ['net', 'on .NET', true],
    ['C', 'I like C. And tea', true],
    ['A+', 'grade: A+', true],
    ['a b', 'a+b', true],
    ['🔥', 'so hot 🔥🔥', true],
    ['🔥', 'so hot', false],
    ['coffee 🔥', '🔥 coffee', true],
    ['👍', 'good 👍🏽', true],
    ['👍🏽', 'good 👍', true],
    ['❤', 'I ❤️ it', true],
    ['👩‍🚀', 'an 👩🏽‍🚀!', true],
    ['👩‍🚀', '👩 and 🚀', false],
    ['🇩🇪', 'in 🇩🇪🇫🇷', true],
    ['🇪🇫', 'in 🇩🇪🇫🇷', false],
    ['コーヒー', '美味しいコーヒーが飲みたい', true],
    ['ｺｰﾋｰ', '美味しいコーヒーが飲みたい', true],
    ['コーヒー', 'コー、ヒー', false],
    ['コーヒー', '#コーヒー', true],
    ['#コーヒー', '今日の #コーヒー です', true],
    ['#コーヒー', 'コーヒー', false],
    ['#コー', '#コーヒー', false],
    ['咖啡', '我喜欢喝咖啡。', true],
    ['กาแฟ', 'ผมชอบดื่มกาแฟมาก', true],
    ['커피', '커피를 마셨다', true],
    ['커피', '커 피', false],
    ['"커피 한잔"', '아침에 커피 한잔', true],
    ['@joe', '@joe님이', true],
    ['coffee', 'coffeeが好き', true],
    ['كتاب', 'كِتَابٌ', true],
    ['istanbul', 'İstanbul', true],
    ['rust lang', 'lang is rust', true],
    ['rust lang', 'rust', false],
    ['"flat white"', 'A Flat, White!', true],
    ['"flat white"', 'white flat', false],
    ['#rust', '#Rust', true],
    ['#rust', 'rust @rust $rust', false],
    ['@user', '@User!', true],
    ['@user', 'user #user', false],
    ['$tick', '$TICK', true],
    ['$tick', 'tick', false],
    ['coffee -decaf', 'coffee', true],
    ['coffee -decaf', 'decaf coffee', false],
    ['coffee -decaf', 'coffee #decaf', false],
    ['coffee -#decaf', 'decaf coffee', true],
    ['coffee -"oat milk"', 'coffee with milk and oat', true],
    ['coffee -"oat milk"', 'coffee with oat milk', false],
    ['coffee -decaf, tea', 'decaf coffee and tea', true],
    ['AT&T', 'AT&amp;T', true],
    ['strasse', 'Hauptstraße, STRASSE', true],
    ['"a b a c"', 'a b a b a c', true],
  ])('%j in %j: %s', (query, text, expected) => {
    expect(matches(query, text)).toBe(expected);
    expect(matchesSlowly(track(query), text)).toBe(expected);
  });
});

describe('what a source states beside the text', () => {
  const stated = (tags: string[], links: string[] = [], attached: string[] = []) => ({
    text: 'Time for #self-care and tea',
    tags,
    links,
    attached,
  });
  test.each([
    ['#self-care', stated(['self-care']), true],
    ['#self', stated(['self-care']), false],
    ['#self', stated(['tea']), true],
    ['self-care', stated(['self-care']), true],
    ['self', stated(['self-care']), true],
    ['#tea', stated(['Tea']), true],
    ['tea', { ...TEXT_ALONE, text: '', tags: ['Tea'] }, true],
    ['#rock-roll', stated(['Rock&Roll']), true],
    ['"rock roll"', stated(['Rock&Roll']), true],
    ['#c', stated(['C++']), false],
    ['#c++ c++ c', stated(['C++']), true],
    ['#2026', stated(['2026']), true],
    ['example.com', stated([], ['https://www.example.com/docs']), true],
    ['example', stated([], ['https://www.example.com/docs']), false],
    ['flat white', stated([], [], ['A flat', 'white']), true],
    ['"flat white"', stated([], [], ['A flat', 'white']), false],
    ['"tea flat"', stated([], [], ['flat']), false],
    ['"#a #b"', stated(['a', 'b']), false],
    ['example.com/x', stated([], ['https://example.com', 'https://x.com']), false],
  ])('%j in %j: %s', (query, post, expected) => {
    const matcher = new Matcher<Track>();
    matcher.add(track(query), track(query));
    expect(matcher.match(wordsOf(post)).length > 0).toBe(expected);
    expect(matchesPartsSlowly(track(query), readPostSlowly(post))).toBe(expected);
  });

  test('is read up to 25,000 characters', () => {
    const many = Array.from({ length: 30_000 }, (_, i) => `w${i}`);
    const beside = { text: '', tags: many, links: many, attached: many };
    expect(wordsOf(beside).join(' ').length).toBeLessThan(3 * 25_000);
    expect(wordsOf({ ...beside, tags: [], links: [] })).toContain('w1000');
    // Folding turns this letter into 18 characters.
    const long = Array.from({ length: 64 }, () => '\ufdfa'.repeat(640));
    const longer = { text: '', tags: long, links: long, attached: long };
    expect(wordsOf(longer).join('').length).toBeLessThan(3 * 25_000);
  });
});

describe('the matcher', () => {
  test('finds just what asking every track would find, on two hundred thousand pairs', () => {
    let pairs = 0;
    fc.assert(
      fc.property(
        fc.array(queries, { minLength: 60, maxLength: 120 }),
        fc.array(posts, { minLength: 20, maxLength: 60 }),
        (asked, sent) => {
          const tracks = distinctTracks(asked);
          const matcher = new Matcher<Track>();
          for (const one of tracks) matcher.add(one, one);
          expectSameAsAsking(matcher, tracks, sent);
          pairs += tracks.length * sent.length;
        },
      ),
      { numRuns: RUNS },
    );
    expect(pairs).toBeGreaterThan(200_000);
  });

  test('still does after any tracks came and went', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), queries), { maxLength: 60 }),
        fc.array(posts, { maxLength: 5 }),
        (steps, sent) => {
          const matcher = new Matcher<Track>();
          const active = new Map<string, Track>();
          for (const [add, query] of steps) {
            const [one] = distinctTracks([query]);
            if (!one) continue;
            if (add) {
              matcher.add(one, one);
              active.set(one.canonical, one);
            } else {
              matcher.delete(one);
              active.delete(one.canonical);
            }
          }
          expect(matcher.size).toBe(active.size);
          expectSameAsAsking(matcher, [...active.values()], sent);
        },
      ),
      { numRuns: 600 },
    );
  });

  test('still does when hundreds of tracks share their words', () => {
    const word = fc.constantFrom(...'abcdefgh');
    const clause = fc
      .tuple(fc.array(word, { minLength: 2, maxLength: 5 }), fc.constantFrom(...'abcdefghijklmnop'))
      .map(([needed, excluded]) => `x ${needed.join(' ')} -${excluded}`);
    const query = fc.array(clause, { minLength: 1, maxLength: 2 }).map((all) => all.join(', '));
    const asked = fc.array(query, { minLength: 600, maxLength: 600 });
    const sent = fc.array(fc.array(word, { maxLength: 8 }), { minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(asked, sent, (some, texts) => {
        const posts = texts.map((text) => ({ ...TEXT_ALONE, text: `x ${text.join(' ')}` }));
        const tracks = distinctTracks(some);
        const matcher = new Matcher<Track>();
        for (const one of tracks) matcher.add(one, one);
        expectSameAsAsking(matcher, tracks, posts);
        for (const one of tracks.splice(0, tracks.length / 2)) matcher.delete(one);
        expectSameAsAsking(matcher, tracks, posts);
        for (const one of tracks.splice(0, tracks.length - 3)) matcher.delete(one);
        for (const one of distinctTracks(some.slice(0, 90))) {
          matcher.add(one, one);
          tracks.push(one);
        }
        expectSameAsAsking(matcher, distinct(tracks), posts);
      }),
      { numRuns: 20 },
    );
  });

  test('counts a track once, however many of its clauses match', () => {
    const matcher = new Matcher<Track>();
    matcher.add(track('coffee, tea'), track('coffee'));
    matcher.add(track('tea, coffee'), track('tea'));
    expect(matcher.match(words('coffee and tea'))).toEqual([track('coffee')]);
    matcher.delete(track('coffee, tea'));
    expect(matcher.match(words('coffee and tea'))).toEqual([]);
  });
});

describe('phrases', () => {
  const word = fc.constantFrom('a', 'a', 'a', '#a', '@a', 'b');

  test('are found just the same in a post that takes so many steps that it is indexed', () => {
    let indexed = 0;
    const phrases = fc.array(fc.array(word, { minLength: 2, maxLength: 6 }), {
      minLength: 200,
      maxLength: 300,
    });
    const clauses = phrases.map((all) => all.map((some) => `"${some.join(' ')}"`));
    fc.assert(
      fc.property(clauses, fc.array(word, { minLength: 30, maxLength: 50 }), (some, text) => {
        const tracks = distinctTracks(some.flatMap((one) => [one, `a -${one}`]));
        const matcher = new Matcher<Track>();
        for (const one of tracks) matcher.add(one, one);
        expectSameAsAsking(matcher, tracks, [{ ...TEXT_ALONE, text: text.join(' ') }]);
        if (matcher.steps > 64 * text.length) indexed += 1;
      }),
      { numRuns: 100 },
    );
    expect(indexed).toBeGreaterThan(50);
  });

  /** A post of 25,000 characters, and how a track nearly matches it. */
  const nearMisses: readonly (readonly [string, string, (i: number) => string])[] = [
    ['plain words', `y x ${'z '.repeat(12_498)}`, (i) => misses('z', 'y', 'x', 127, i)],
    ['hashtags', `#y#x${'#z'.repeat(12_498)}`, (i) => misses('#z', '#y', '#x', 84, i)],
    [
      'periods',
      `y x ${'z z z z z z z a '.repeat(1562)}`,
      (i) => misses('z z z z z z z a', 'y', 'x', 15, i),
    ],
    ['exclusions', `y x ${'z '.repeat(12_498)}`, (i) => `z -${misses('z', 'y', 'x', 120, i)}`],
  ];
  test.each(nearMisses)('take a bounded number of steps: near misses of %s', (_, text, query) => {
    const matcher = new Matcher<number>();
    let phraseWords = 0;
    for (let i = 0; i < 3200; i++) {
      const one = track(query(i));
      const before = matcher.size;
      matcher.add(one, i);
      if (matcher.size > before) phraseWords += words(one.canonical).length;
    }
    const post = words(text);
    matcher.match(post);
    expect(matcher.steps).toBeLessThan(70 * post.length + phraseWords);
  });

  test('of words with and without a sigil are given up in a post that repeats the same words', () => {
    const matcher = new Matcher<number>();
    for (let i = 0; i < 500; i++) matcher.add(track(misses('#z z', 'y', 'x', 40, i)), i);
    const post = words(`y x ${'#z'.repeat(12_498)}`);
    matcher.match(post);
    expect(matcher.steps).toBeGreaterThan(1_000_000);
    expect(matcher.steps).toBeLessThan(2_100_000);
    matcher.add(track('"x y #z"'), -1);
    expect(matcher.match(words('x y #z'))).toEqual([-1]);
  });
});

/** A phrase of `length` times `usual`, but for two places that `i` chooses. */
function misses(usual: string, one: string, other: string, length: number, i: number): string {
  const parts = Array<string>(length).fill(usual);
  parts[length - 1 - (i % length)] = one;
  parts[(i * 7 + Math.floor(i / length)) % length] = i % 2 === 0 ? one : other;
  return `"${parts.join(' ')}"`;
}

function distinctTracks(asked: readonly string[]): Track[] {
  const tracks = asked.map(parseTrack).filter((parsed): parsed is Track => 'canonical' in parsed);
  return distinct(tracks);
}

function distinct(tracks: readonly Track[]): Track[] {
  return [...new Map(tracks.map((one) => [one.canonical, one])).values()];
}

function expectSameAsAsking(
  matcher: Matcher<Track>,
  tracks: readonly Track[],
  sent: readonly Parameters<typeof wordsOf>[0][],
): void {
  for (const post of sent) {
    const parts = readPostSlowly(post);
    const expected = canonicals(tracks.filter((one) => matchesPartsSlowly(one, parts)));
    const found = canonicals(matcher.match(wordsOf(post)));
    // Most of the time of a million pairs would go into expectations.
    if (found !== expected) expect(found, JSON.stringify(post)).toBe(expected);
  }
}

function canonicals(tracks: readonly Track[]): string {
  return tracks
    .map((one) => one.canonical)
    .sort()
    .join('\n');
}
