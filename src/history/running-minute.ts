// What the running minute has of each topic and source, while it is counted. A post may match hundreds of topics, so the
// counts are plain numbers that lie close together, and a topic's slot leads to them.

import type { SentimentEvent } from '../sentiment/analysis.ts';
import { KEPT_HASHTAGS, mostFrequent } from './hashtag-posts.ts';
import { SCORE_SCALE, type TopicCounts } from './store.ts';

/** Distinct hashtags that are counted. More of them than are kept, since the most frequent ones may come late. */
const MAX_HASHTAGS = 2 * KEPT_HASHTAGS;
/** Longer hashtags are not counted. Those of X and Bluesky are shorter. */
const MAX_HASHTAG_CHARACTERS = 100;
/** Hashtags that all topics of a source share. */
const MAX_COPIES = 4096;

/** What is counted of a topic in the minute that still runs. */
export interface Running {
  /** The start of the minute, in milliseconds since 1970. */
  readonly minute: number;
  /** One or more for each source. */
  readonly counts: readonly TopicCounts[];
  /** Since when every post of the topic was counted. Infinity if the topic is not followed, or the source is down. */
  readonly completeFrom: number;
}

/** The numbers of a row: posts by the index of their polarity, then the sum of their scores. */
const ROW_LENGTH = 4;
const SCORE = 3;

export class RunningMinute {
  readonly #bySource = new Map<string, SourceMinute>();
  #last: SourceMinute | undefined;

  get isEmpty(): boolean {
    return this.#bySource.size === 0;
  }

  /** Of the posts of `source`. */
  of(source: string): SourceMinute {
    if (this.#last?.source === source) return this.#last;
    const minute = this.#bySource.get(source) ?? new SourceMinute(source);
    this.#bySource.set(source, minute);
    this.#last = minute;
    return minute;
  }

  /** Another topic may get this slot. What was counted of the present one stays. */
  release(slot: number): void {
    for (const minute of this.#bySource.values()) minute.release(slot);
  }

  /** What was counted of a topic: one for each source, or more if the topic was closed meanwhile. */
  *ofTopic(name: string, slot: number | undefined): Generator<TopicCounts> {
    for (const minute of this.#bySource.values()) yield* minute.ofTopic(name, slot);
  }

  *[Symbol.iterator](): Generator<TopicCounts> {
    for (const minute of this.#bySource.values()) yield* minute;
  }
}

export class SourceMinute {
  readonly source: string;
  /** By slot: the number of its row, and 0 for none. Row 0 is never used. */
  #rows = new Uint32Array(64);
  #numbers = new Float64Array(64 * ROW_LENGTH);
  /** By row. */
  readonly #names: string[] = [''];
  readonly #hashtags: (Map<string, number> | undefined)[] = [undefined];
  readonly #copies = new Map<string, string>();
  /** Rows of topics that were closed. */
  readonly #released: number[] = [];

  constructor(source: string) {
    this.source = source;
  }

  add(slot: number, topic: string, { polarityIndex, score, hashtags }: SentimentEvent): void {
    const row = this.#rows[slot] || this.#open(slot, topic);
    const at = row * ROW_LENGTH;
    const numbers = this.#numbers;
    numbers[at + polarityIndex] = (numbers[at + polarityIndex] as number) + 1;
    numbers[at + SCORE] = (numbers[at + SCORE] as number) + Math.round(score * SCORE_SCALE);
    if (hashtags.length > 0) this.#addHashtags(row, hashtags);
  }

  release(slot: number): void {
    const row = this.#rows[slot] ?? 0;
    if (row === 0) return;
    this.#rows[slot] = 0;
    this.#released.push(row);
  }

  *ofTopic(name: string, slot: number | undefined): Generator<TopicCounts> {
    const row = slot === undefined ? 0 : (this.#rows[slot] ?? 0);
    if (row > 0) yield this.#counts(row);
    for (const released of this.#released) {
      if (this.#names[released] === name) yield this.#counts(released);
    }
  }

  *[Symbol.iterator](): Generator<TopicCounts> {
    for (let row = 1; row < this.#names.length; row += 1) yield this.#counts(row);
  }

  #counts(row: number): TopicCounts {
    const [positive = 0, negative = 0, neutral = 0, score = 0] = this.#numbers.subarray(
      row * ROW_LENGTH,
      (row + 1) * ROW_LENGTH,
    );
    return {
      topic: this.#names[row] ?? '',
      source: this.source,
      positive,
      negative,
      neutral,
      score,
      hashtags: mostFrequent(this.#hashtags[row] ?? [], KEPT_HASHTAGS),
    };
  }

  #open(slot: number, topic: string): number {
    const row = this.#names.push(topic) - 1;
    this.#hashtags.push(undefined);
    if (slot >= this.#rows.length) {
      const rows = new Uint32Array(2 * slot);
      rows.set(this.#rows);
      this.#rows = rows;
    }
    this.#rows[slot] = row;
    if (row * ROW_LENGTH >= this.#numbers.length) {
      const numbers = new Float64Array(2 * this.#numbers.length);
      numbers.set(this.#numbers);
      this.#numbers = numbers;
    }
    return row;
  }

  #addHashtags(row: number, hashtags: SentimentEvent['hashtags']): void {
    const counted = this.#hashtags[row] ?? new Map<string, number>();
    this.#hashtags[row] = counted;
    for (const { tag } of hashtags) {
      if (tag.length > MAX_HASHTAG_CHARACTERS) continue;
      const posts = counted.get(tag);
      if (posts !== undefined) counted.set(tag, posts + 1);
      else if (counted.size < MAX_HASHTAGS) counted.set(this.#copyOf(tag), 1);
    }
  }

  /** A part of a string keeps the whole one alive, here the text of the post. */
  #copyOf(tag: string): string {
    const known = this.#copies.get(tag);
    if (known !== undefined) return known;
    const copy = Buffer.from(tag).toString();
    if (this.#copies.size >= MAX_COPIES) this.#copies.clear();
    this.#copies.set(copy, copy);
    return copy;
  }
}
