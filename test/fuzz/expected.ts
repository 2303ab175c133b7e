// The posts that the server under attack plays, and what each track should get of them. The server plays posts of the
// sample from a file: the sample itself would also make up posts on what other clients track.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { UserError } from '../../src/base/user-error.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { samplePosts } from '../../src/source/sample.ts';
import { Matcher } from '../../src/track/matcher.ts';
import { parseTrack } from '../../src/track/track.ts';
import { words } from '../../src/track/words.ts';

/** Posts whose texts are remembered. They last for some minutes. */
const REMEMBERED = 50_000;

const SEED = 1;
/** The posts of the file, which plays in a loop. */
const TEXTS = [...samplePosts(SEED, systemClock).take(10_000)].map(({ text }) => text);

/** Writes the file, and returns the options with which a server plays it. The end of this program deletes the file. */
export function played(rate: number): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'senti-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const file = join(folder, 'posts.ndjson');
  writeFileSync(file, TEXTS.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  return ['--source', 'replay', '--file', file, '--loop', '--rate', String(rate)];
}

export class Sample {
  readonly #analyze = createAnalyzer('full', vader);
  readonly #matcher = new Matcher<string>();
  /** The numbers of the posts that match, by query. */
  readonly #matching: ReadonlyMap<string, number[]>;
  readonly #texts: string[] = [];
  readonly #onTrack: (string | undefined)[] = [];
  #count = 0;

  constructor(queries: readonly string[]) {
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
    const text = TEXTS[this.#count % TEXTS.length] ?? '';
    this.#texts[this.#count % REMEMBERED] = text;
    this.#onTrack[this.#count % REMEMBERED] = undefined;
    for (const query of this.#matcher.match(words(text))) {
      this.#matching.get(query)?.push(this.#count);
    }
    this.#count += 1;
  }
}

/** The number of the post with this id, from 0; NaN for another id. */
export function numberOf(id: string): number {
  return Number(/^line-(\d+)$/.exec(id)?.[1] ?? NaN) - 1;
}
