import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Post } from '../../src/base/post.ts';
import { UserError } from '../../src/base/user-error.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { createSample, samplePosts } from '../../src/source/sample.ts';
import PHRASES from '../../src/source/sample-phrases.json' with { type: 'json' };
import { Matcher } from '../../src/track/matcher.ts';
import { spellTerm, spellWords } from '../../src/track/query-term.ts';
import { type Clause, parseTrack, type Track } from '../../src/track/track.ts';
import { words } from '../../src/track/words.ts';
import { wordsOf } from '../../src/track/words-of-post.ts';
import { FakeClock, passTime } from '../support/fake-clock.ts';
import { queries } from '../support/queries.ts';
import { createRecordingSink } from '../support/recording-sink.ts';
import { track } from '../support/tracks.ts';

const POSTS_A_SECOND = 25;

/** The posts of so many seconds, while `tracks` are wanted. */
function* play(tracks: Iterable<Track>, seconds: number): Generator<Post> {
  const clock = new FakeClock();
  const wanted = new Set(tracks);
  const posts = samplePosts(1, clock, POSTS_A_SECOND, () => wanted);
  for (const post of posts.take(seconds * POSTS_A_SECOND)) {
    yield post;
    clock.advance(1000 / POSTS_A_SECOND);
  }
}

function matcherOf(tracks: Iterable<Track>): Matcher<Track> {
  const matcher = new Matcher<Track>();
  for (const it of tracks) matcher.add(it, it);
  return matcher;
}

function matches(query: Track, seconds: number): Post[] {
  const matcher = matcherOf([query]);
  return play([query], seconds)
    .filter((post) => matcher.match(wordsOf(post)).length > 0)
    .toArray();
}

/** Whether a clause excludes what it looks for, as in `#tea -tea`: it then excludes its terms even if they stand apart. */
function isContradiction({ all, none }: Clause): boolean {
  if (none.length === 0) return false;
  const excluded = track(none.map((term) => `"${spellWords(term)}"`).join(', '));
  const terms = all.map((term) => spellTerm(term).replace(/^"|"$/g, ''));
  const apart = { text: '', tags: [], links: [], attached: terms };
  return matcherOf([excluded]).match(wordsOf(apart)).length > 0;
}

describe('the sample talks', () => {
  test('about any track that parses, within a minute', () => {
    const tracks = queries
      .map((query) => parseTrack(query))
      .filter((parsed): parsed is Track => !(parsed instanceof UserError))
      .filter(({ clauses }) => !clauses.every(isContradiction));
    fc.assert(
      fc.property(tracks, (wanted) => {
        const matcher = matcherOf([wanted]);
        return play([wanted], 60).some((post) => matcher.match(wordsOf(post)).length > 0);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    'zeppelin',
    '"flat white"',
    '#self-care',
    '#C++',
    '@nasa',
    '$TSLA',
    '🔥',
    '🇩🇪',
    '茶 -コーヒー',
    'example.com/docs',
    'https://www.example.com/',
    'c++ .net c#',
    'zeppelin -thinking -reading -on -with -anyone',
    'zeppelin -about -again -on -at -with -and -before',
    'zeppelin balloon -and -"zeppelin balloon" -"balloon zeppelin"',
    '"the who"',
    'coffee zeppelin',
    'espresso -coffee',
    'love hate',
  ])('about %j about four times a minute, in neutral words', (query) => {
    const analyze = createAnalyzer('full', vader);
    const said = matches(track(query), 300);
    expect(said.length).toBeGreaterThanOrEqual(16);
    if (!/love|coffee|🔥/.test(query)) {
      expect(said.length).toBeLessThanOrEqual(26);
      expect(said.filter(({ text }) => analyze(text).score !== 0)).toEqual([]);
    }
  });

  test('about each alternative of a track', () => {
    const texts = matches(track('zeppelin, airship, #balloon'), 600).map(({ text }) => words(text));
    for (const word of ['zeppelin', 'airship', '#balloon']) {
      expect(texts.some((found) => found.includes(word))).toBe(true);
    }
  });

  test('about a track that has just come in a second, however many wait', () => {
    const clock = new FakeClock();
    const wanted = new Set(Array.from({ length: 5000 }, (_, i) => track(`topic${i}`)));
    const posts = samplePosts(1, clock, POSTS_A_SECOND, () => wanted);
    next(posts, clock, 100);
    wanted.add(track('zeppelin'));
    const soon = next(posts, clock, POSTS_A_SECOND);
    expect(soon.some(({ text }) => words(text).includes('zeppelin'))).toBe(true);
  });

  test('about what is wanted now, and no longer about what was', async () => {
    const clock = new FakeClock();
    const sink = createRecordingSink();
    const source = createSample({ seed: 1 }, sink, clock);
    const hasWord = (word: string) => (post: Post) => words(post.text).includes(word);
    const wanted = new Set([track('zeppelin')]);
    source.want(wanted);
    await passTime(
      clock,
      sink.until(({ posts }) => posts.some(hasWord('zeppelin'))),
      20,
    );
    wanted.clear();
    wanted.add(track('airship'));
    source.want(wanted);
    await passTime(
      clock,
      sink.until(({ posts }) => posts.some(hasWord('airship'))),
      20,
    );
    const before = sink.posts.length;
    await passTime(
      clock,
      sink.until(({ posts }) => posts.length >= before + 1500),
      20,
    );
    await source.close();
    expect(sink.posts.slice(before).filter(hasWord('zeppelin'))).toEqual([]);
  });
});

test('beyond 10,000 tracks there are no extra posts', () => {
  const tracks = Array.from({ length: 10_001 }, (_, i) => track(`topic${i}`));
  expect(play(tracks, 10).toArray()).toEqual(play([], 10).toArray());
});

test('extra posts of many tracks stay a few, and each track has its turn', () => {
  const tracks = Array.from({ length: 100 }, (_, i) => track(`topic${i}`));
  const matcher = matcherOf(tracks);
  const said = play(tracks, 120)
    .flatMap((post) => matcher.match(wordsOf(post)))
    .toArray();
  expect(said.length).toBeGreaterThan(300);
  expect(said.length).toBeLessThanOrEqual(360);
  const counts = tracks.map((it) => said.filter((other) => other === it).length);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(3);
  expect(Math.max(...counts)).toBeLessThanOrEqual(5);
});

test('a track of the usual posts gets no extra ones', () => {
  const usual = play([], 60).toArray();
  for (const query of ['coffee', 'tea, zeppelin', '#espresso']) {
    expect(play([track(query)], 60).toArray()).toEqual(usual);
  }
});

test('an extra post states its hashtags and links, and is marked as made up', () => {
  const [post] = matches(track('#C++ example.com/docs'), 60);
  expect(post).toMatchObject({
    id: expect.stringMatching(/^sample-1-\d+$/),
    source: 'sample',
    links: ['https://example.com/docs'],
    attached: [],
    langs: ['en'],
  });
  expect(post?.tags).toContain('c++');
  expect(post?.text).toContain('https://example.com/docs');
});

test('neutral posts are neutral, whatever their tail', () => {
  const analyze = createAnalyzer('full', vader);
  const { phrases, tails, moodTags } = PHRASES;
  const texts = ['zeppelin', 'zeppelin and balloon', 'zeppelin 💬 📝'].flatMap((name) =>
    [name, ...phrases.neutral].flatMap((phrase) =>
      ['', ...tails.neutral, ...moodTags.neutral.map((tag) => `#${tag}`)].map(
        (tail) => `${phrase.replaceAll('{}', name)} ${tail}`,
      ),
    ),
  );
  expect(texts.filter((text) => analyze(text).score !== 0)).toEqual([]);
});

/** The next posts, each in its time. */
function next(posts: Iterator<Post>, clock: FakeClock, count: number): Post[] {
  return Array.from({ length: count }, () => {
    clock.advance(1000 / POSTS_A_SECOND);
    return posts.next().value as Post;
  });
}
