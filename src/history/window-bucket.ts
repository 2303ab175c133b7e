// A bucket of a window: the posts of a few seconds. It is used again and again, each time for a later step.

import type { SentimentEvent } from '../sentiment/analysis.ts';
import { type HashtagRoom, HashtagTally } from './hashtag-tally.ts';

/** Posts of some time, by polarity index. */
export type PolarityCounts = readonly [positive: number, negative: number, neutral: number];

export class WindowBucket {
  /** How many buckets of this width were before it, since 1970. */
  step: number;
  readonly counts: [number, number, number] = [0, 0, 0];
  scoreSum = 0;
  /** Posts by source, each at the index that the window has given it. */
  readonly bySource: number[] = [];
  /** How many seconds are known, which means that each of their posts was counted. */
  known = 0;
  readonly #room: HashtagRoom;
  /** Made when it is needed: most buckets of a rare topic have none. */
  #hashtags: HashtagTally | undefined;

  constructor(step: number, room: HashtagRoom) {
    this.step = step;
    this.#room = room;
  }

  get posts(): number {
    return this.counts[0] + this.counts[1] + this.counts[2];
  }

  addEvent({ polarityIndex, score, hashtags }: SentimentEvent, source: number): void {
    const counts: number[] = this.counts;
    counts[polarityIndex] = (counts[polarityIndex] ?? 0) + 1;
    this.scoreSum += score;
    this.addSource(source, 1);
    for (const { tag } of hashtags) this.addTag(tag, 1);
  }

  addCounts([positive, negative, neutral]: PolarityCounts, scoreSum: number): void {
    this.counts[0] += positive;
    this.counts[1] += negative;
    this.counts[2] += neutral;
    this.scoreSum += scoreSum;
  }

  addSource(source: number, posts: number): void {
    while (this.bySource.length <= source) this.bySource.push(0);
    this.bySource[source] = (this.bySource[source] ?? 0) + posts;
  }

  addTag(tag: string, posts: number): void {
    this.#hashtags ??= new HashtagTally(this.#room);
    this.#hashtags.add(tag, posts);
  }

  /** Adds everything that `other` has. `other` MUST then restart. */
  takeAll(other: WindowBucket): void {
    this.addCounts(other.counts, other.scoreSum);
    for (const [source, posts] of other.bySource.entries()) this.addSource(source, posts);
    if (other.#hashtags === undefined) return;
    if (this.#hashtags !== undefined) this.#hashtags.addAll(other.#hashtags);
    else {
      this.#hashtags = other.#hashtags;
      other.#hashtags = undefined;
    }
  }

  sumTagsInto(sums: Map<string, number>): void {
    this.#hashtags?.sumInto(sums);
  }

  /** Empties the bucket, for another step. */
  restart(step: number): void {
    this.step = step;
    this.counts.fill(0);
    this.scoreSum = 0;
    this.bySource.length = 0;
    this.known = 0;
    this.#hashtags?.clear();
    this.#hashtags = undefined;
  }
}
