// What the benchmarks feed: posts, and tracks whose words are as common as those of the posts.

import { UserError } from '../../src/base/user-error.ts';
import { parseTrack, type Track } from '../../src/track/track.ts';
import { plain } from '../../src/track/word.ts';
import { words } from '../../src/track/words.ts';
import { readCases, readNdjson, sharedFile } from '../support/data.ts';
import { seeded } from '../support/seeded.ts';

/** The texts of the rated tweets where they are at hand, of our own fixture otherwise. */
export function readTexts(): { readonly from: string; readonly texts: readonly string[] } {
  const tweets = sharedFile('tweets.ndjson');
  if (!tweets) return { from: 'fixture', texts: readCases().map(({ text }) => text) };
  return { from: 'tweets', texts: readNdjson<{ text: string }>(tweets).map(({ text }) => text) };
}

/** The words of `texts`, the most frequent first. */
export function vocabularyOf(texts: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of words(text).map(plain)) {
      if (/^[\p{L}\p{N}_]/u.test(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([word]) => word);
}

/**
 * A source of words by Zipf's law: the n-th most frequent comes with a chance of 1/n. Ranks go on past
 * the end of the vocabulary, into words that no post has, as those of a million people would.
 */
function zipf(vocabulary: readonly string[], ranks: number, random: () => number): () => string {
  const top = Math.log(ranks);
  return () => {
    const rank = Math.floor(Math.exp(random() * top));
    return vocabulary[rank - 1] ?? `word${rank}`;
  };
}

const RANKS = 2_000_000;

/** Distinct tracks: half of one word, a quarter of two, the rest hashtags, phrases, OR and exclusions. */
export function makeTracks(count: number, vocabulary: readonly string[], seed: number): Track[] {
  const random = seeded(seed);
  const word = zipf(vocabulary, RANKS, random);
  const tracks = new Map<string, Track>();
  while (tracks.size < count) {
    const parsed = parseTrack(makeQuery(random(), word));
    if (!(parsed instanceof UserError)) tracks.set(parsed.canonical, parsed);
  }
  return [...tracks.values()];
}

function makeQuery(kind: number, word: () => string): string {
  if (kind < 0.5) return word();
  if (kind < 0.75) return `${word()} ${word()}`;
  if (kind < 0.9) return `#${word()}`;
  if (kind < 0.94) return `"${word()} ${word()}"`;
  if (kind < 0.97) return `${word()}, ${word()} ${word()}`;
  return `${word()} -${word()}`;
}
