// npm run bench -- match: what matching a post costs, from a thousand tracks to a million.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Matcher } from '../../src/track/matcher.ts';
import { parseTrack, type Track } from '../../src/track/track.ts';
import { words } from '../../src/track/words.ts';
import { seeded } from '../support/seeded.ts';
import { matchesSlowly } from '../support/slow-matcher.ts';
import { cpuNanoseconds, median, table } from './measure.ts';
import { makeTracks, readTexts, vocabularyOf } from './workload.ts';

const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const ROUNDS = 5;
const SEED = 1;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

export async function run(): Promise<void> {
  const { from, texts } = readTexts();
  const posts = texts.map(words);
  const misses = makeMisses(posts);
  const vocabulary = vocabularyOf(texts);
  const all = makeTracks(SIZES.at(-1) ?? 0, vocabulary, SEED);

  const rows = SIZES.map((size) => measureSize(all.slice(0, size), posts, misses, texts));
  process.stdout.write(`${posts.length} posts (${from}), ns of CPU\n\n${table(rows)}\n`);
  const worst = measureWorstCases(posts);
  process.stdout.write(`The bad cases\n\n${table(worst)}\n`);
  process.stdout.write(`${JSON.stringify({ bench: 'match', from, sizes: rows, worst })}\n`);
}

/** Posts with as many words, but no word of any track. */
function makeMisses(posts: readonly (readonly string[])[]): string[][] {
  return posts.map((post, i) => post.map((_, at) => `miss${i}x${at}`));
}

function measureSize(
  tracks: readonly Track[],
  posts: readonly (readonly string[])[],
  misses: readonly (readonly string[])[],
  texts: readonly string[],
) {
  const matcher = new Matcher<Track>();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const add = cpuNanoseconds(() => {
    for (const track of tracks) matcher.add(track, track);
  });
  collectGarbage();
  const bytes = (process.memoryUsage().heapUsed - before) / tracks.length;

  let matches = 0;
  const perRound = (sample: readonly (readonly string[])[]) =>
    median(
      Array.from({ length: ROUNDS }, () => {
        matches = 0;
        return cpuNanoseconds(() => {
          for (const post of sample) matches += matcher.match(post).length;
        });
      }),
    ) / sample.length;
  perRound(posts);
  const post = perRound(posts);
  const found = matches / posts.length;
  const miss = perRound(misses);

  // Asking every track is slow enough to be measured on a few posts.
  const few = texts.slice(0, Math.max(2, Math.round(50_000 / tracks.length)));
  const loop =
    cpuNanoseconds(() => {
      for (const text of few) for (const track of tracks) matchesSlowly(track, text);
    }) / few.length;

  const change = measureChanges(matcher, tracks);
  return {
    tracks: tracks.length,
    matches: round(found, 2),
    'ns/post': round(post),
    'ns/match': round(post / found),
    'ns/miss': round(miss),
    'loop ns/post': round(loop),
    'times faster': round(loop / post),
    'ns/add': round(add / tracks.length),
    'ns/delete+add': round(change),
    'bytes/track': round(bytes),
  };
}

/** What it costs to take a track out and to put it back. */
function measureChanges(matcher: Matcher<Track>, tracks: readonly Track[]): number {
  const random = seeded(SEED);
  const some = Array.from({ length: 1000 }, () => tracks[Math.floor(random() * tracks.length)]);
  const once = () =>
    cpuNanoseconds(() => {
      for (const track of some) {
        if (track === undefined) continue;
        matcher.delete(track);
        matcher.add(track, track);
      }
    }) / some.length;
  return median(Array.from({ length: ROUNDS }, once));
}

function measureWorstCases(posts: readonly (readonly string[])[]) {
  const common = new Matcher<number>();
  for (let i = 0; i < 100_000; i++) common.add(parse(`love word${i}`), i);
  const none = new Matcher<number>();
  const long = posts.flat().slice(0, 5000);
  const cases: readonly [string, Matcher<number>, readonly (readonly string[])[]][] = [
    ['tweets, one track', withTracks('love'), posts],
    ['tweets, 100,000 tracks that share a common word', common, posts],
    ['a post of 25,000 characters, no track', none, [long]],
    ['a post of 25,000 characters, the same 100,000', common, [long]],
    [
      'one word ten thousand times',
      withTracks('love', '"love love"', 'love -"love hate"'),
      [Array.from({ length: 10_000 }, () => 'love')],
    ],
    [
      'ten thousand words, one word each',
      withTracks('love', '"love love"', 'love -"love hate"'),
      [Array.from({ length: 10_000 }, (_, i) => `word${i}`)],
    ],
  ];
  return cases.map(([name, matcher, sample]) => {
    const total = sample.reduce((sum, post) => sum + post.length, 0);
    const repeat = Math.ceil(50_000 / total);
    const times = Array.from({ length: ROUNDS }, () =>
      cpuNanoseconds(() => {
        for (let i = 0; i < repeat; i++) for (const post of sample) matcher.match(post);
      }),
    );
    return { case: name, 'ns/word': round(median(times) / (total * repeat), 1) };
  });
}

function withTracks(...queries: readonly string[]): Matcher<number> {
  const matcher = new Matcher<number>();
  for (const [i, query] of queries.entries()) matcher.add(parse(query), i);
  return matcher;
}

function parse(query: string): Track {
  const track = parseTrack(query);
  if (track instanceof Error) throw track;
  return track;
}

function round(value: number, digits = 0): number {
  return Number(value.toFixed(digits));
}
