// What the running minute has of each topic and source, while it is counted. A post may match hundreds of topics, so the
// counts are plain numbers that lie close together, and a topic's slot leads to them.

import { withRoomFor } from '../base/numbers.ts';
import type { HashtagCount } from '../sentiment/analysis.ts';
import type { Track } from '../track/track.ts';
import { HashtagCounts } from './hashtag-counts.ts';
import { KEPT_HASHTAGS, mostFrequent } from './hashtag-posts.ts';
import { NO_TAGS, type Run } from './pending.ts';
import type { HashtagPosts, TopicCounts } from './store.ts';

/** Distinct hashtags that are counted of a topic. These are more than are kept, since a frequent one may come late. */
const MAX_HASHTAGS = 2 * KEPT_HASHTAGS;
/** Longer hashtags are not counted. Those of X and Bluesky are shorter. */
const MAX_HASHTAG_CHARACTERS = 100;
/** Distinct hashtags of all topics. Further ones are not counted in this minute. */
const MAX_NAMES = 100_000;

/** Its name is not read for each event, since it lies elsewhere in memory. */
interface Topic {
  readonly track: Track;
}

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
  /** Numbers stand for the hashtags, which are looked up once for all topics of a post. */
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];

  get isEmpty(): boolean {
    return this.#bySource.size === 0;
  }

  /** The numbers of those hashtags that are counted. */
  numbersOf(hashtags: readonly HashtagCount[]): readonly number[] {
    if (hashtags.length === 0) return NO_TAGS;
    const numbers: number[] = [];
    for (const { tag } of hashtags) {
      const number = this.#numbers.get(tag) ?? this.#nameNumber(tag);
      if (number !== undefined) numbers.push(number);
    }
    return numbers;
  }

  /** Counts the events of a topic. */
  add(slot: number, topic: Topic, run: Run): void {
    for (let i = run.from; i < run.to; ) {
      const source = run.sources[run.numbers[i] as number] as string;
      i = this.#of(source).add(slot, topic, run, i);
    }
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

  #of(source: string): SourceMinute {
    if (this.#last?.source === source) return this.#last;
    const minute = this.#bySource.get(source) ?? new SourceMinute(source, this.#names);
    this.#bySource.set(source, minute);
    this.#last = minute;
    return minute;
  }

  #nameNumber(tag: string): number | undefined {
    if (tag.length > MAX_HASHTAG_CHARACTERS || this.#names.length === MAX_NAMES) return undefined;
    // A part of a string keeps the whole one alive, here the text of the post.
    const name = Buffer.from(tag).toString();
    const number = this.#names.push(name) - 1;
    this.#numbers.set(name, number);
    return number;
  }
}

class SourceMinute {
  readonly source: string;
  /** By their numbers. */
  readonly #hashtags: readonly string[];
  /** By slot: the number of its row, and 0 for none. Row 0 is never used. */
  #rows = new Uint32Array(64);
  #numbers = new Float64Array(64 * ROW_LENGTH);
  /** By row. */
  readonly #names: string[] = [''];
  /** The hashtags of each row. */
  readonly #tags = new HashtagCounts(MAX_HASHTAGS);
  /** Rows of topics that were closed. */
  readonly #released: number[] = [];

  constructor(source: string, hashtags: readonly string[]) {
    this.source = source;
    this.#hashtags = hashtags;
  }

  /** Counts the events of a topic from `from` on, as long as they are of this source. Returns where the rest begins. */
  add(slot: number, topic: Topic, run: Run, from: number): number {
    const row = this.#rows[slot] || this.#open(slot, topic);
    const at = row * ROW_LENGTH;
    const posts = this.#numbers;
    const { to, numbers, sources, polarities, scores, tags } = run;
    let score = 0;
    let i = from;
    for (; i < to; i += 1) {
      const event = numbers[i] as number;
      if (sources[event] !== this.source) break;
      const polarity = at + (polarities[event] as number);
      posts[polarity] = (posts[polarity] as number) + 1;
      score += scores[event] as number;
      for (const tag of tags[event] as readonly number[]) this.#tags.add(row, tag);
    }
    posts[at + SCORE] = (posts[at + SCORE] as number) + score;
    return i;
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
      hashtags: mostFrequent(this.#hashtagsOf(row), KEPT_HASHTAGS),
    };
  }

  #open(slot: number, { track }: Topic): number {
    const row = this.#names.push(track.canonical) - 1;
    this.#tags.open(row);
    this.#rows = withRoomFor(this.#rows, slot);
    this.#rows[slot] = row;
    this.#numbers = withRoomFor(this.#numbers, (row + 1) * ROW_LENGTH);
    return row;
  }

  *#hashtagsOf(row: number): Generator<HashtagPosts> {
    for (const [tag, posts] of this.#tags.of(row)) yield [this.#hashtags[tag] as string, posts];
  }
}
