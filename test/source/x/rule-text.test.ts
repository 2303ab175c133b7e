import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/base/user-error.ts';
import { ruleFormat, spellClause, spellRule } from '../../../src/source/x/rule-text.ts';
import { Matcher } from '../../../src/track/matcher.ts';
import { parseTrack, type Track } from '../../../src/track/track.ts';
import { words } from '../../../src/track/words.ts';
import { parseRule } from '../../support/fake-x-rules.ts';

/** The topics in README.md, and the rules that it says they become. */
const README_ROWS = [
  ...readFileSync(new URL('../../../src/source/x/README.md', import.meta.url), 'utf8').matchAll(
    /^\| `([^`]+)` \| `(.+)` \|$/gm,
  ),
].map(([, query = '', rule = '']) => [query, rule] as const);

const format = ruleFormat(['en'], 1024);

function track(query: string): Track {
  const parsed = parseTrack(query);
  if (parsed instanceof UserError) throw parsed;
  return parsed;
}

function spell(query: string, room = format.room): string | undefined {
  const [clause] = track(query).clauses;
  return clause && spellClause(clause, room);
}

describe('a clause in X rule language', () => {
  test.each([
    ['rust', '"rust" OR #rust OR @rust OR $rust'],
    ['#rust', '#rust'],
    ['@jack', '@jack'],
    ['$tsla', '$tsla'],
    ['2026', '"2026" OR @2026'],
    ['"hot new thing"', '"hot new thing"'],
    ['"new york"', '"new york" OR "new-york" OR "new.york"'],
    ["don't", '"don t" OR "don-t" OR "don.t" OR "don\'t" OR "don’t"'],
    [
      'kubernetes rust',
      '("kubernetes" OR #kubernetes OR @kubernetes) ("rust" OR #rust OR @rust OR $rust)',
    ],
    ['"i love #rust"', '("i love" OR "i-love" OR "i.love" OR "i\'love" OR "i’love") #rust'],
    ['straße', '"strasse" OR #strasse OR @strasse OR "straße" OR #straße'],
    ['οδός', '"οδός" OR #οδός OR "οδόσ" OR #οδόσ'],
    ['example.com', '"example.com" OR url:"example.com"'],
    [
      'https://www.my-site.com/a.b/c?d=e&f',
      '"my-site.com/a.b/c/d" OR url:"my-site.com" url:"a.b" url:"c" url:"d"',
    ],
    ['example.com/café', '"example.com/café" OR url:"example.com"'],
    ['//example', '"example" OR url:"example"'],
    ['me@example.com', '"me@example.com" OR url:"me@example.com"'],
    ['C++', '"c++" OR #c'],
    ['.NET', '".net"'],
    ['3+', '"3+"'],
    ['#c#', '#c'],
    ['#self-care', '"care" #self'],
    ['🔥', '"🔥"'],
    ['❤️', '"❤" OR "❤️"'],
    ['👍🏽', '"👍" OR "👍🏻" OR "👍🏼" OR "👍🏽" OR "👍🏾" OR "👍🏿"'],
    ['❤️‍🔥', '"❤‍🔥" OR "❤️‍🔥" OR ("❤" OR "❤️") "🔥"'],
    ['東京', '"東京" OR #東京'],
    ['#コーヒー', '#コーヒー'],
    ['"rust 東京"', '("rust" OR #rust OR @rust OR $rust) ("東京" OR #東京)'],
    ['"the who"', '"the who" OR "the-who" OR "the.who"'],
    ['"learn c++"', '("learn" OR #learn OR @learn OR $learn) ("c++" OR #c)'],
  ])('%s asks for %s', (query, expected) => {
    expect(spell(query)).toBe(expected);
  });

  test('is as README.md says', () => {
    expect(README_ROWS.length).toBeGreaterThan(5);
    for (const [query, expected] of README_ROWS) expect(spell(query)).toBe(expected);
  });

  test('leaves exclusions to the matcher, since X would also look for them in quoted posts', () => {
    expect(spell('#coffee -decaf')).toBe('#coffee');
    expect(spell('#coffee -example.com -"flat white" -#self-care')).toBe('#coffee');
  });

  test('is bounded for a phrase of words that have several spellings each', () => {
    const text = spell(`"${'ss '.repeat(80)}"`) ?? '';
    expect(text.length).toBeLessThanOrEqual(format.room);
  });

  test.each([
    ['an address of long words', `https://example.com/${'assess-class/'.repeat(17)}`],
    ['many emoji', [...'🌕🌖🌗🌘🌑🌒🌓🌔🐶🐱🐭🐹🐰🦊🐻🐼🐨🐯🦁🐮👮👷💂🕵👩👨👧👦🧒👵'].join('')],
    ['a run of a script without spaces', '東京'.repeat(60)],
  ])('fits for %s', (_, query) => {
    expect(spell(query)?.length).toBeLessThanOrEqual(format.room);
  });

  test('never turns what a user types into an operator', () => {
    const text = spell('"from:elon" "OR" "lang:de" "is:retweet" x:y') ?? '';
    expect(text).not.toMatch(/(^|[ (])(from|lang|is):/);
    expect(text).toContain('"or"');
  });

  test('leaves out short words when it gets too long, and fails for a single word that is', () => {
    expect(spell('a extraordinary rust', 70)).toBe(
      '"extraordinary" OR #extraordinary OR @extraordinary',
    );
    expect(spell('a extraordinary rust', 20)).toBeUndefined();
  });

  test('ends in a rule with the languages and without reposts', () => {
    const any = ruleFormat('any', 1024);
    const three = ruleFormat(['en', 'de-at', 'he'], 1024);
    expect(spellRule(['#b', '#a'], format)).toBe('(#a OR #b) lang:en -is:retweet');
    expect(spellRule(['#a'], any)).toBe('(#a) -is:retweet');
    expect(spellRule(['#a'], three)).toBe('(#a) (lang:en OR lang:de OR lang:iw) -is:retweet');
  });
});

const word = fc.oneof(
  fc.stringMatching(/^[a-z]{1,8}$/),
  fc.constantFrom('straße', 'Masse', 'οδός', 'ÉCOLE', 'naïve', '東京', '2026', 'snake_case', 'x1'),
);
const term = fc.oneof(
  { weight: 5, arbitrary: word },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('#', '@', '$'), word).map((it) => it.join('')) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(word, fc.constantFrom(' ', '-', '.'), word)
      .map(([a, j, b]) => `"${a}${j}${b}"`),
  },
);

describe('a rule', () => {
  test('takes every post that the matcher takes', () => {
    let matched = 0;
    const post = fc.array(fc.tuple(fc.constantFrom('', '', '#', '@', '$'), word), { maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(term, { minLength: 1, maxLength: 3 }),
        post,
        fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
        (terms, noise, upper) => {
          const parsed = parseTrack(terms.join(' '));
          fc.pre(!(parsed instanceof UserError));
          const bare = terms.map((it) => it.replaceAll('"', ''));
          const loud = [...bare, ...noise.map((it) => it.join(''))].map((it, at) =>
            upper[at] ? it.toUpperCase() : it,
          );
          const text = loud.join(', ');
          const matcher = new Matcher<string>();
          matcher.add(parsed, parsed.canonical);
          if (matcher.match(words(text)).length === 0) return;
          matched += 1;
          const [clause] = parsed.clauses;
          const rule = clause && spellClause(clause, format.room);
          const takes = parseRule(spellRule([rule ?? ''], format));
          expect(takes({ text, lang: 'en', isRetweet: false }), `${rule} on ${text}`).toBe(true);
        },
      ),
      { seed: 7, numRuns: 600 },
    );
    expect(matched).toBeGreaterThan(300);
  });

  test('is valid and short enough, whatever a user types', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100, unit: 'grapheme' }), (query) => {
        const parsed = parseTrack(query);
        fc.pre(!(parsed instanceof UserError));
        for (const clause of parsed.clauses) {
          const text = spellClause(clause, format.room);
          if (text === undefined) continue;
          const rule = spellRule([text], format);
          expect(rule.length).toBeLessThanOrEqual(1024);
          parseRule(rule);
        }
      }),
      { seed: 11, numRuns: 500 },
    );
  });

  test('differs for clauses that need different words', () => {
    const spellings = new Map<string, string>();
    fc.assert(
      fc.property(fc.array(term, { minLength: 1, maxLength: 3 }), (terms) => {
        const parsed = parseTrack(terms.join(' '));
        fc.pre(!(parsed instanceof UserError));
        const [clause] = parsed.clauses;
        const needs = JSON.stringify(clause?.all);
        const text = clause && spellClause(clause, format.room);
        const before = spellings.get(text ?? '');
        // X has no operator for every word with a sigil, nor a phrase of two scripts: the rule asks for the words.
        if (before !== undefined && !/[#@$/東京]/.test(needs + before)) expect(before).toBe(needs);
        spellings.set(text ?? '', needs);
      }),
      { seed: 13, numRuns: 2000 },
    );
  });
});
