import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/base/user-error.ts';
import { parseTrack, readCanonical } from '../../src/track/track.ts';
import { queries } from '../support/queries.ts';
import { track } from '../support/tracks.ts';

describe('the canonical form', () => {
  test.each([
    ['coffee', 'coffee'],
    ['  Coffee  ', 'coffee'],
    ['B a,c', 'a b, c'],
    ['c, a b', 'a b, c'],
    ['b b, b', 'b'],
    ['coffee,,tea,', 'coffee, tea'],
    ['rust lang, #rustlang', '#rustlang, lang rust'],
    ['-decaf coffee', 'coffee -decaf'],
    ['"Flat  White" -"iced latte"', '"flat white" -"iced latte"'],
    ['“flat white”', '"flat white"'],
    ['"espresso"', 'espresso'],
    ['example.com', 'example.com'],
    ['https://www.Example.com/Docs/?x=1#y', 'example.com/docs/x/1/y'],
    ['"example.com"', 'example.com'],
    ['"see example.com"', '"see example com"'],
    ['Joe@T-Online.de', 'joe@t-online.de'],
    ['and/or U.S. 24/7', '24/7 and/or u.s'],
    ['http://localhost //co', '//co //localhost'],
    ['example.com/caf%C3%A9', 'example.com/café'],
    ['wait...what', '"wait what"'],
    ['@alice.bsky.social', '"@alice bsky social"'],
    ['#Self-Care', '#self-care'],
    ['#self–care, "#self care"', '"#self care", #self-care'],
    ['#rock&roll', '#rock-roll'],
    ['foo#bar joe@example', '"foo bar" "joe example"'],
    ['#a#b', '"#a #b"'],
    ['C++ C# .NET A+ C', '.net a+ c c# c++'],
    ['#C++', '#c++'],
    ['"I love C++"', '"i love c++"'],
    ["Twitter's", '"twitter s"'],
    ['@User $TICK #Tag', '#tag $tick @user'],
    ['rock & roll', 'rock roll'],
    ['coffee - tea', 'coffee tea'],
    ['--x y', 'y -x'],
    ['5" pipe', '5 pipe'],
    ['ｃａｆｅ，ｔｅａ', 'cafe, tea'],
    ['"a, b" c', '"a b" c'],
    ['#1', '1'],
  ])('of %j is %j', (query, canonical) => {
    expect(track(query).canonical).toBe(canonical);
  });

  test('is a query that means the same', () => {
    fc.assert(
      fc.property(queries, (query) => {
        const parsed = parseTrack(query);
        fc.pre(!(parsed instanceof UserError));
        expect(parseTrack(parsed.canonical)).toEqual(parsed);
        expect(readCanonical(parsed.canonical)).toEqual(parsed);
      }),
    );
  });

  test('is read as a track, and what is no canonical form is none', () => {
    const written = fc.stringMatching(/^[#@$-]?(the|[a-cA_1ß]{1,3})( b)?$/);
    fc.assert(
      fc.property(written, (query) => {
        const parsed = parseTrack(query);
        const isCanonical = !(parsed instanceof UserError) && parsed.canonical === query;
        expect(readCanonical(query)).toEqual(isCanonical ? parsed : undefined);
      }),
    );
  });

  test('is none when it is longer than any query can be written', () => {
    const words = (count: number) => `"${Array.from({ length: count }, () => 'ab').join(' ')}"`;
    expect(readCanonical(words(5000))?.canonical.length).toBe(15_001);
    expect(readCanonical(words(6000))).toBeUndefined();
  });

  test('does not depend on order, case, spaces or repetition', () => {
    const clause = fc.array(fc.constantFrom('a', 'Bee', '#tag', '-no', '"x y"', 'straße'), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(
        fc.array(clause, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat()),
        (clauses, dice) => {
          const shuffle = <T>(items: readonly T[]): T[] =>
            items
              .map((item) => [dice.next().value, item] as const)
              .sort(([a], [b]) => a - b)
              .map(([, item]) => item);
          const written = clauses.map((terms) => terms.join(' ')).join(',');
          const other = shuffle([...clauses, ...clauses.slice(0, 1)])
            .map((terms) =>
              shuffle([...terms, ...terms.slice(0, 1)])
                .join('  ')
                .toUpperCase(),
            )
            .join(' , ');
          fc.pre(other.length <= 256);
          const [a, b] = [parseTrack(written), parseTrack(other)];
          if (a instanceof UserError) expect(b).toBeInstanceOf(UserError);
          else expect(b).toEqual(a);
        },
      ),
    );
  });
});

describe('a query is refused', () => {
  test.each([
    ['', /no words/],
    ['   ', /no words/],
    [',,,', /no words/],
    ['!? &', /no words/],
    ['x'.repeat(257), /longer than 256 characters/],
    [Array.from({ length: 17 }, (_, i) => `w${i}`).join(','), /17 clauses; at most 16/],
    [Array.from({ length: 17 }, (_, i) => `w${i}`).join(' '), /17 terms; at most 16/],
    ['the', /"the" is nothing but stop words/],
    ['coffee, and of', /"and of" is nothing but stop words/],
    ['"this and that"', /nothing but stop words/],
    ['the -coffee', /"the" is nothing but stop words/],
    ['-coffee', /"-coffee" only excludes/],
    ['tea, -coffee -"flat white"', /"-"flat white" -coffee" only excludes/],
    ['"#self-care day"', /write each as a term of its own/],
    ['"see https://example.com"', /write each as a term of its own/],
    ['coffee "flat white', /quotation mark is not closed/],
  ])('%j', (query, reason) => {
    const parsed = parseTrack(query);
    expect(parsed).toBeInstanceOf(UserError);
    expect(parsed).toMatchObject({ code: 'BAD_TRACK', message: expect.stringMatching(reason) });
  });

  test('but not at its limits', () => {
    const sixteen = Array.from({ length: 16 }, (_, i) => `w${i}`);
    expect(track(sixteen.join(',')).clauses.length).toBe(16);
    expect(track(sixteen.join(' ')).clauses[0]?.all.length).toBe(16);
    expect(track('x'.repeat(256)).canonical.length).toBe(256);
    expect(track(`${'😀'.repeat(255)}x`).canonical).toBe('x');
  });

  test('but not for a stop word beside another word, or as a hashtag', () => {
    expect(track('the coffee').canonical).toBe('coffee the');
    expect(track('#the').canonical).toBe('#the');
  });

  test('or understood, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (query) => {
        const parsed = parseTrack(query);
        expect(parsed instanceof UserError || parsed.clauses.length > 0).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
