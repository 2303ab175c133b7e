import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Matcher } from '../../src/track/matcher.ts';
import { parseTrack, type Track } from '../../src/track/track.ts';
import { words } from '../../src/track/words.ts';
import { queries, texts } from '../support/queries.ts';
import { matchesSlowly, matchesWordsSlowly, readSlowly } from '../support/slow-matcher.ts';
import { track } from '../support/tracks.ts';

/** Each with some thirty tracks and forty posts. */
const RUNS = 2000;

function matches(query: string, text: string): boolean {
  const matcher = new Matcher<Track>();
  matcher.add(track(query), track(query));
  return matcher.match(words(text)).length > 0;
}

describe('a track matches', () => {
  test.each([
    // The examples of X's old `track` parameter, and of the language's own rules.
    ['twitter', 'TWITTER', true],
    ['twitter', '"Twitter" is', true],
    ['twitter', 'twitter.', true],
    ['twitter', '#twitter', true],
    ['twitter', '@twitter', true],
    ['twitter', '$twitter', true],
    ['twitter', 'http://twitter.com', true],
    ['twitter', 'TwitterTracker', false],
    ['twitter', '#newtwitter', false],
    ['touché', 'touche', false],
    ["Twitter's", "I like Twitter's new design", true],
    ["Twitter's", 'Twitters', false],
    ['twitter api,twitter streaming', 'The Twitter Streaming API is not working', true],
    ['example.com', 'Someday I will visit example.com', true],
    ['example.com', 'example of a com', false],
    ['www.example.com', 'www.example.com/foo', true],
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

describe('the matcher', () => {
  test('finds just what asking every track would find, on millions of pairs', () => {
    let pairs = 0;
    fc.assert(
      fc.property(
        fc.array(queries, { minLength: 20, maxLength: 60 }),
        fc.array(texts, { minLength: 20, maxLength: 60 }),
        (asked, posts) => {
          const tracks = distinctTracks(asked);
          const matcher = new Matcher<Track>();
          for (const one of tracks) matcher.add(one, one);
          expectSameAsAsking(matcher, tracks, posts);
          pairs += tracks.length * posts.length;
        },
      ),
      { numRuns: RUNS },
    );
    expect(pairs).toBeGreaterThan(1_000_000);
  });

  test('still does after any tracks came and went', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), queries), { maxLength: 60 }),
        fc.array(texts, { maxLength: 5 }),
        (steps, posts) => {
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
          expectSameAsAsking(matcher, [...active.values()], posts);
        },
      ),
      { numRuns: 1000 },
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
        expectSameAsAsking(matcher, tracks, [text.join(' ')]);
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
  return [...new Map(tracks.map((one) => [one.canonical, one])).values()];
}

function expectSameAsAsking(
  matcher: Matcher<Track>,
  tracks: readonly Track[],
  posts: readonly string[],
): void {
  for (const text of posts) {
    const read = readSlowly(text);
    const expected = tracks.filter((one) => matchesWordsSlowly(one, read));
    const found = matcher.match(words(text));
    expect([...found].map((one) => one.canonical).sort()).toEqual(
      expected.map((one) => one.canonical).sort(),
    );
  }
}
