import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/base/user-error.ts';
import { ONE_WORD } from '../../src/track/query-term.ts';
import { atSources, parseTrack, readCanonical } from '../../src/track/track.ts';
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
    ['coffee OR tea', 'coffee, tea'],
    ['coffee AND tea', 'coffee tea'],
    ['coffee NOT decaf', 'coffee -decaf'],
    ['coffee NOT "flat white"', 'coffee -"flat white"'],
    ['coffee AND NOT decaf', 'coffee -decaf'],
    ['a AND b OR c d, e', 'a b, c d, e'],
    ['coffee or tea and not x', 'and coffee not or tea x'],
    ['ｃｏｆｆｅｅ　ＯＲ　ｔｅａ', 'coffee, tea'],
    ['"OR" coffee', 'coffee or'],
    ['coffee|tea || milk', 'coffee, milk, tea'],
    ['coffee&&tea && milk', 'coffee milk tea'],
    ['coffee、tea，milk،water', 'coffee, milk, tea, water'],
    ['coffee –decaf —tea −milk ‐water', 'coffee -decaf -milk -tea -water'],
    ['coffee -“flat white”', 'coffee -"flat white"'],
    ['coffee – tea', 'coffee tea'],
    ['+coffee', 'coffee'],
    ['«flat white» 「a b」', '"a b" "flat white"'],
    ['ratio 3:1', '"3 1" ratio'],
    ['note: x', 'note x'],
    ['"from:alice"', '"from alice"'],
    ['"(a)" "b*" "~c"', 'a b c'],
    ['"The Who"', '"the who"'],
    ['"It"', '"it"'],
    ['"it" the', '"it" "the"'],
    ['coffee "it"', 'coffee it'],
    ['"it" -the', '"it" -the'],
    ['コーヒー', 'コーヒー'],
    ['"コーヒー"', 'コーヒー'],
    ['ｺｰﾋｰ', 'コーヒー'],
    ['"茶 茶"', '"茶 茶"'],
    ['茶・茶', '"茶 茶"'],
    ['coffee好き', '"coffee 好き"'],
    ['#コーヒー @커피', '#コーヒー @커피'],
    ['#〇 @〇', '#〇 @〇'],
    ['茶.example 茶茶.example', '"茶 example" "茶茶 example"'],
    ['www.www.example.com www.www.com', 'example.com www.com'],
    ['-กาแฟ ชา', 'ชา -กาแฟ'],
    ['ja.wikipedia.org/wiki/コーヒー', 'ja.wikipedia.org/wiki/コーヒー'],
    ['🔥️ coffee', 'coffee 🔥'],
    ['👍🏽', '👍'],
    ['#rust🔥 🔥example.com', '"#rust 🔥" "🔥 example com"'],
    ['❤️‍🔥', '"❤ 🔥"'],
    ['🇩🇪 1️⃣', '1 🇩🇪'],
    ['İSTANBUL', 'istanbul'],
    ['كِتَاب', 'كتاب'],
    ['A.I.', 'a.i'],
    ['AT&amp;T', '"at t"'],
    ["rock 'n' roll", 'n rock roll'],
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
        expect(parsed.canonical).not.toMatch(/[[\]]/);
        const at = atSources(parsed, ['x', 'bluesky', 'x']);
        expect(at.canonical).toBe(`${parsed.canonical} [bluesky,x]`);
        expect(readCanonical(at.canonical)).toEqual(at);
      }),
    );
  });

  test('is the same for a query in capitals, or in characters of full width', () => {
    const widen = (query: string) =>
      query
        .replace(/[!-~]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0))
        .replaceAll(' ', '\u3000');
    fc.assert(
      fc.property(queries, (query) => {
        expect(parseTrack(query.toUpperCase())).toEqual(parseTrack(query));
        expect(parseTrack(widen(query))).toEqual(parseTrack(query));
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

  test.each([
    'coffee [x,bluesky]',
    'coffee [x,x]',
    'coffee []',
    'coffee [x] [y]',
    'Coffee [x]',
    ' [x]',
  ])('%s is none of a track at some sources', (text) => {
    expect(readCanonical(text)).toBeUndefined();
  });

  test('is none when it is longer than any query can be written', () => {
    const words = (count: number) => `"${Array.from({ length: count }, () => 'ab').join(' ')}"`;
    expect(readCanonical(words(5000))?.canonical.length).toBe(15_001);
    expect(readCanonical(words(6000))).toBeUndefined();
  });

  test('does not depend on order, case, spaces or repetition', () => {
    const term = fc.constantFrom(
      ...['a', 'Bee', '#tag', '-no', '"x y"', 'straße', 'a.b/c', 'C++', '#a-b', 'the', '"it"'],
    );
    const clause = fc.array(term, { minLength: 1, maxLength: 6 });
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

test('a query of one plain word means the same with space around it', () => {
  fc.assert(
    fc.property(fc.stringMatching(ONE_WORD, { maxLength: 20 }), (word) => {
      expect(parseTrack(word)).toEqual(parseTrack(` ${word} `));
    }),
  );
  for (const word of ['the', 'or', 'and', 'not']) {
    expect(parseTrack(word)).toEqual(parseTrack(` ${word} `));
  }
});

describe('operators in capitals', () => {
  test('mean what commas, spaces and minuses mean', () => {
    const term = fc.constantFrom('x', 'y', '"or z"', '#c', 'd.e');
    const clause = fc.tuple(
      fc.array(term, { minLength: 1, maxLength: 3 }),
      fc.array(term, { maxLength: 2 }),
    );
    fc.assert(
      fc.property(fc.array(clause, { minLength: 1, maxLength: 4 }), (clauses) => {
        const write = (and: string, not: string, or: string) =>
          clauses.map(([all, none]) => [...all, ...none.map((it) => not + it)].join(and)).join(or);
        const words = track(write(' AND ', 'NOT ', ' OR '));
        expect(words).toEqual(track(write(' ', '-', ',')));
        expect(words).toEqual(track(write(' && ', '−', ' | ')));
      }),
    );
  });
});

describe('a query is rejected', () => {
  test.each([
    ['', /no words/],
    ['   ', /no words/],
    [',,,', /no words/],
    ['!? &', /no words/],
    ['caf\ufffd', /cannot be read \(U\+FFFD\); send it in UTF-8/],
    ['"flat \ud83d white"', /cannot be read/],
    ['x'.repeat(257), /longer than 256 characters/],
    [Array.from({ length: 17 }, (_, i) => `w${i}`).join(','), /17 clauses; at most 16/],
    [Array.from({ length: 17 }, (_, i) => `w${i}`).join(' '), /17 terms; at most 16/],
    ['the', /"the" is nothing but stop words/],
    ['coffee, and of', /"and of" is nothing but stop words/],
    ['this-and-that', /nothing but stop words.*quotation marks/],
    ['the -"it"', /"the" is nothing but stop words/],
    ['the -coffee', /"the" is nothing but stop words/],
    ['-coffee', /"-coffee" only excludes/],
    ['tea, -coffee -"flat white"', /"-"flat white" -coffee" only excludes/],
    ['OR', /OR needs a term before and after it, as in "coffee OR tea"/],
    ['coffee OR', /OR needs a term before and after/],
    ['coffee OR, tea', /OR needs a term before and after/],
    ['coffee, OR tea', /OR needs a term before and after/],
    ['coffee AND OR tea', /OR needs a term before and after/],
    ['coffee OR & OR tea', /OR needs a term before and after/],
    ['AND coffee', /AND needs a term before and after it, as in "coffee AND tea"/],
    ['coffee AND', /AND needs/],
    ['NOT', /NOT needs exactly one term after it, as in "coffee NOT decaf"/],
    ['coffee NOT NOT x', /NOT needs exactly one term after it/],
    ['coffee NOT -x', /NOT needs exactly one term after it/],
    ['coffee NOT AND x', /AND needs/],
    ['coffee -OR tea', /OR needs/],
    ['NOT decaf', /"-decaf" only excludes/],
    ['coffee OR NOT tea', /"-tea" only excludes/],
    ['from:alice', /no operator "from:"\. Senti does not filter by author; "@alice" finds/],
    ['coffee -FROM:alice', /no operator "from:"/],
    ['to: alice', /no operator "to:"/],
    ['url:"example.com"', /no operator "url:"\. Write the address alone/],
    ['site:example.com', /Write the address alone/],
    ['coffee lang:en', /--languages/],
    ['coffee -is:retweet', /never matches reposts/],
    ['coffee has:links', /kind of a post/],
    ['hashtag:coffee', /Write "#coffee"/],
    ['coffee min_likes:5', /before they have likes/],
    ['coffee since:2026-01-01', /as they come/],
    ['(coffee OR tea) milk', /Parentheses do not group/],
    ['coffee :)', /Parentheses do not group/],
    ['coffee*', /no wildcards/],
    ['c*ffee', /no wildcards/],
    ['coffee * tea', /no wildcards/],
    ['~coffee', /"~" does not find similar words/],
    ['"flat white"~3', /"~" does not find similar words/],
    ['coffee !decaf', /"!" does not exclude.*coffee -decaf/],
    ['coffee; tea', /semicolon does not separate/],
    ['coffee"flat white"', /quotation mark stands inside a term/],
    ["'flat white'", /Single quotation marks do not make a phrase/],
    ['coffee ‘flat white’', /Single quotation marks do not make a phrase/],
    ['""', /Quotation marks hold no word/],
    ['coffee "!"', /Quotation marks hold no word/],
    ['coffee #', /"#" needs a name directly after it, as in "#coffee"/],
    ['@ coffee', /"@" needs a name directly after it/],
    ['$$$', /"\$" needs a name/],
    ['#🔥', /"#" needs a name/],
    ['coffee -"x', /quotation mark is not closed/],
    ['"#コーヒー 好き"', /write each as a term of its own/],
    ['"#self-care day"', /write each as a term of its own/],
    ['"see https://example.com"', /write each as a term of its own/],
    ['coffee "flat white', /quotation mark is not closed/],
  ])('%j', (query, reason) => {
    const parsed = parseTrack(query);
    expect(parsed).toBeInstanceOf(UserError);
    expect(parsed).toMatchObject({ code: 'BAD_TRACK', message: expect.stringMatching(reason) });
  });

  test.each([
    ...['from', 'to', 'lang', 'is', 'has', 'url', 'conversation_id', 'context', 'entity', 'place'],
    ...['sample', 'retweets_of', 'source', 'list', 'bio', 'point_radius', 'min_likes', 'site'],
  ])('for the operator "%s:" of another search, but not for its name alone', (name) => {
    for (const query of [`${name}:x`, `y -${name.toUpperCase()}:x`, `y ${name}: x`]) {
      expect(parseTrack(query)).toMatchObject({
        message: expect.stringMatching(
          `^There is no operator "${name}:"\\. .+\\. To find these words, put them in quotation marks\\.$`,
        ),
      });
    }
    expect(track(`y ${name} "${name}:x"`).clauses.length).toBe(1);
  });

  test('but not at its limits', () => {
    const sixteen = Array.from({ length: 16 }, (_, i) => `w${i}`);
    expect(track(sixteen.join(',')).clauses.length).toBe(16);
    expect(track(sixteen.join(' ')).clauses[0]?.all.length).toBe(16);
    expect(track('x'.repeat(256)).canonical.length).toBe(256);
    expect(track(`${'😀'.repeat(255)}x`).clauses[0]?.all[0]?.length).toBe(256);
    expect(
      track(
        Array(16)
          .fill('コーヒー')
          .map((it, i) => it + i)
          .join(' '),
      ).clauses.length,
    ).toBe(1);
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
