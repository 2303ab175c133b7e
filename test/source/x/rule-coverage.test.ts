// X, as the stand-in understands it, delivers every post that the local matcher takes.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UserError } from '../../../src/base/user-error.ts';
import { readRecord } from '../../../src/source/x/record.ts';
import { ruleFormat, spellRule, spellTrack } from '../../../src/source/x/rule-text.ts';
import { Matcher } from '../../../src/track/matcher.ts';
import { parseTrack } from '../../../src/track/track.ts';
import { wordsOf } from '../../../src/track/words-of-post.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { spellLine, type XPost } from '../../support/fake-x.ts';
import { createRuleBook } from '../../support/fake-x-rule-book.ts';
import { xPost } from '../../support/x-source.ts';

const format = ruleFormat(['en'], 1024);

/** A term, and what a post may say for it to match. In braces: an address that X shortens. */
interface Case {
  readonly term: string;
  readonly said: string;
}

const same = (text: string): Case => ({ term: text, said: text });
const word = fc.oneof(
  fc.stringMatching(/^[a-z]{1,8}$/),
  fc.constantFrom('straße', 'Masse', 'οδός', 'ÉCOLE', 'naïve', '2026', 'snake_case', 'x1'),
);
const host = fc.constantFrom(
  'example.com',
  'docs.example.org',
  'node.js',
  'my-site.co',
  'müller.de',
);
const path = fc.array(
  fc.oneof(fc.stringMatching(/^[a-z0-9]{1,5}$/), fc.constantFrom('v1.2', 'a-b')),
  {
    maxLength: 6,
  },
);
const scheme = fc.constantFrom('', 'http://', 'https://', 'https://www.');

const addressInText = fc.record({ host, path, scheme }).map((it) => {
  const address = [it.host, ...it.path].join('/');
  return { term: it.scheme + address, said: address };
});
const link = fc
  .record({
    host,
    path,
    scheme,
    before: fc.constantFrom('', 'www.', 'sub.'),
    joints: fc.array(fc.constantFrom('/', '?', '=', '/-/', '//', '&'), {
      minLength: 6,
      maxLength: 6,
    }),
    after: fc.constantFrom('', '/', '/more', '?more=1', '#more'),
  })
  .map((it): Case => {
    const rest = it.path.map((part, at) => `${it.joints[at]}${part}`).join('');
    return {
      term: it.scheme + [it.host, ...it.path].join('/'),
      said: `{https://${it.before}${it.host}${rest}${it.after}}`,
    };
  });
const hashtag = fc
  .record({
    parts: fc.array(word, { minLength: 1, maxLength: 3 }),
    joint: fc.constantFrom('-', '&', '.', '/', '’'),
  })
  .map(
    ({ parts, joint }): Case => ({ term: `#${parts.join('-')}`, said: `#${parts.join(joint)}` }),
  );
const edge = fc.constantFrom('C++', 'c#', '.NET', 'A+', '#C++', '#c#', 'F#', '3+');

/** Emoji and scripts without spaces: each term, and posts that have it. */
const UNSPACED: readonly (readonly [term: string, ...said: string[]])[] = [
  ['🔥', '🔥', '🔥🔥', 'so🔥', '🔥!', '#hot🔥'],
  ['❤', '❤', '❤️', '❤️❤️'],
  ['❤️‍🔥', '❤️‍🔥', '❤‍🔥', '❤️🔥'],
  ['👍🏽', '👍', '👍🏽', '👍🏿👍🏿'],
  ['✌', '✌', '✌️', '✌🏾'],
  ['👩‍💻', '👩‍💻', '👩🏽‍💻', '👩💻', '👩 💻', '👩🏿 💻'],
  ['👨‍👩‍👧', '👨‍👩‍👧', '👨👩👧'],
  ['🇩🇪', '🇩🇪', '🇩🇪!', 'go🇩🇪', '🇩🇪🇫🇷', '🇫🇷🇩🇪🇩🇪'],
  ['🏳️‍🌈', '🏳️‍🌈', '🏳‍🌈'],
  ['"so 🔥"', 'so 🔥', 'so🔥', 'so, 🔥'],
  ['東京', '東京', '東京都', '私は東京に', '「東京」', '#東京'],
  ['コーヒー', 'コーヒー', '美味しいコーヒーだ', '#コーヒー'],
  ['#コーヒー', '#コーヒー'],
  ['커피', '커피', '커피를', '#커피'],
  ['กาแฟ', 'กาแฟ', 'ดื่มกาแฟร้อน'],
  ['"茶 茶"', '茶 茶', '茶。茶'],
  ['"東京 tower"', '東京 tower', '東京 ・ tower'],
];
const unspaced = fc
  .constantFrom(...UNSPACED)
  .chain(([term, ...said]) => fc.constantFrom(...said).map((it) => ({ term, said: it })));

const wanted: fc.Arbitrary<Case> = fc.oneof(
  { weight: 4, arbitrary: word.map(same) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom('#', '@', '$'), word).map((it) => same(it.join(''))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(word, fc.constantFrom(' ', '-'), word)
      .map(([a, joint, b]) => ({ term: `"${a}${joint}${b}"`, said: `${a}${joint}${b}` })),
  },
  { weight: 2, arbitrary: addressInText },
  { weight: 3, arbitrary: link },
  { weight: 3, arbitrary: unspaced },
  { weight: 1, arbitrary: hashtag },
  { weight: 1, arbitrary: edge.map(same) },
  { weight: 1, arbitrary: edge.map((it) => ({ term: it.replace(/^#/, ''), said: it })) },
);

/** A post that says all of `said`, with what X states of its links and hashtags. */
function postOf(said: readonly string[]): XPost {
  const urls: object[] = [];
  const text = said.join(' , ').replace(/\{([^}]*)\}/g, (_, expanded_url: string) => {
    const url = `https://t.co/link${urls.length}`;
    urls.push({ url, expanded_url });
    return url;
  });
  const hashtags = [...text.matchAll(/#([\p{L}\p{N}_]+)/gu)].map(([, tag]) => ({ tag }));
  return xPost(text, { entities: { urls, hashtags } });
}

function isMatchedLocally(query: string, post: XPost): boolean {
  const track = parseTrack(query);
  const record = readRecord(spellLine(post));
  if (track instanceof UserError || record.kind !== 'post') return false;
  const matcher = new Matcher<string>();
  matcher.add(track, '');
  return matcher.match(wordsOf(record.post)).length > 0;
}

function isDelivered(query: string, post: XPost): boolean {
  const track = parseTrack(query);
  if (track instanceof UserError) return false;
  const book = bookOf(spellRule(spellTrack(track, format) ?? [], format));
  return book.matching(post).length > 0;
}

function bookOf(rule: string) {
  const faults = { enactmentMs: 0, reject: () => undefined, allOrNothing: false };
  const book = createRuleBook({ maxRules: 1, ruleLength: 1024, clock: new FakeClock(), faults });
  book.plant(rule);
  return book;
}

test.each([
  ['"👍"', '👍🏽'],
  ['"❤"', '❤️'],
  ['"👩"', '👩‍💻'],
  ['"🇪🇫"', '🇩🇪🇫🇷'],
  ['"c"', 'cpp'],
  ['"example.com"', '{https://example.com}'],
  ['url:"example.com"', 'example.com'],
  ['url:"ample.com"', '{https://example.com}'],
  ['url:"example.com/docs"', '{https://example.com/?docs}'],
  ['#東京', '#東京都'],
])('the stand-in does not deliver more than X documents: %s does not find %s', (rule, said) => {
  expect(bookOf(rule).matching(postOf([said]))).toEqual([]);
});

test.each(['url:example.com', 'url:""', '👍🏽', '""', '"♪"', '-"a"'])(
  'the stand-in rejects the rule %s, as X does',
  (rule) => {
    expect(() => bookOf(rule)).toThrow('cannot plant');
  },
);

test.each(UNSPACED)('a post is found by %s, at X and here', (term, ...said) => {
  for (const it of said) {
    const post = postOf([it]);
    expect(isMatchedLocally(term, post), it).toBe(true);
    expect(isDelivered(term, post), it).toBe(true);
  }
});

test('a rule delivers every post that the matcher takes', () => {
  let matched = 0;
  fc.assert(
    fc.property(
      fc.array(wanted, { minLength: 1, maxLength: 3 }),
      fc.array(wanted, { maxLength: 3 }),
      fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      (cases, noise, loud) => {
        const query = cases.map(({ term }) => term).join(' ');
        const said = [...cases, ...noise].map(({ said }) => said);
        const post = postOf(said.map((it, at) => (loud[at] ? it.toUpperCase() : it)));
        fc.pre(isMatchedLocally(query, post));
        matched += 1;
        expect(isDelivered(query, post), `${query} on ${JSON.stringify(post)}`).toBe(true);
      },
    ),
    { seed: 23, numRuns: 500 },
  );
  expect(matched).toBeGreaterThan(300);
});
