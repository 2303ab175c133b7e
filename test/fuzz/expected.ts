// What tracks get of the sample, worked out from the seed that its posts' ids tell.

import { systemClock } from '../../src/base/clock.ts';
import { UserError } from '../../src/base/user-error.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { samplePosts } from '../../src/source/sample.ts';
import { Matcher } from '../../src/track/matcher.ts';
import { parseTrack } from '../../src/track/track.ts';
import { words } from '../../src/track/words.ts';

/** Posts whose texts are remembered: some minutes of them. */
const REMEMBERED = 50_000;

export class Sample {
  readonly #posts: Iterator<{ readonly text: string }>;
  readonly #analyze = createAnalyzer('full', vader);
  readonly #matcher = new Matcher<string>();
  /** The numbers of the posts that match, by query. */
  readonly #matching: ReadonlyMap<string, number[]>;
  readonly #texts: string[] = [];
  readonly #onTrack: (string | undefined)[] = [];
  #count = 0;

  constructor(seed: number, rate: number, queries: readonly string[]) {
    this.#posts = samplePosts(seed, systemClock, rate);
    this.#matching = new Map(queries.map((query) => [query, []]));
    for (const query of queries) {
      const track = parseTrack(query);
      if (track instanceof UserError) throw track;
      this.#matcher.add(track, query);
    }
  }

  /** The number of the post that is the `place`th to match a query, from 0. */
  at(query: string, place: number): number {
    const numbers = this.#matching.get(query) ?? [];
    while (numbers.length <= place) this.#make();
    return numbers[place] ?? 0;
  }

  /** The place of the first post of a query that is not before the post `n`. */
  placeOf(query: string, n: number): number {
    while (this.#count <= n) this.#make();
    const numbers = this.#matching.get(query) ?? [];
    let [low, high] = [0, numbers.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((numbers[middle] ?? 0) < n) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A post as /track sends it. */
  onTrack(n: number): string {
    if (n < this.#count - REMEMBERED) throw new Error(`post ${n} is too long ago`);
    const known = this.#onTrack[n % REMEMBERED];
    if (known !== undefined) return known;
    const { polarityIndex, hashtags } = this.#analyze(this.#texts[n % REMEMBERED] ?? '');
    const counts = Object.fromEntries(hashtags.map(({ tag, count }) => [tag, count]));
    const text = JSON.stringify({ polarityIndex, hashtags: counts });
    this.#onTrack[n % REMEMBERED] = text;
    return text;
  }

  #make(): void {
    const { text } = this.#posts.next().value as { text: string };
    this.#texts[this.#count % REMEMBERED] = text;
    this.#onTrack[this.#count % REMEMBERED] = undefined;
    for (const query of this.#matcher.match(words(text))) {
      this.#matching.get(query)?.push(this.#count);
    }
    this.#count += 1;
  }
}

/** The seed and the number in the id of a post of the sample. */
export function readId(id: string): { readonly seed: number; readonly n: number } {
  const [, seed, n] = /^sample-(\d+)-(\d+)$/.exec(id) ?? [];
  return { seed: Number(seed), n: Number(n) };
}
