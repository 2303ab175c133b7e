// What the running minute has of each topic and source, while it is counted. A post may match hundreds of topics, so the
// counts are plain numbers that lie close together, and a topic's slot leads to them.

import { withRoomFor } from '../base/numbers.ts';
import type { CountedEvent } from './count-message.ts';
import { HashtagCounts } from './hashtag-counts.ts';
import { KEPT_HASHTAGS, mostFrequent } from './hashtag-posts.ts';
import type { HashtagPosts, TopicCounts } from './store.ts';

/** Distinct hashtags that are counted of a topic. These are more than are kept, since a frequent one may come late. */
const MAX_HASHTAGS = 2 * KEPT_HASHTAGS;
/** Longer hashtags are not counted. Those of X and Bluesky are shorter. */
const MAX_HASHTAG_CHARACTERS = 100;
/** Distinct hashtags of all topics. Further ones are not counted in this minute. */
const MAX_NAMES = 100_000;

/** The numbers of a slot: posts by the index of their polarity, then the sum of their scores. */
const ROW = 4;
const SCORE = 3;

const NO_TAGS: readonly number[] = [];

export class RunningMinute {
  readonly #bySource = new Map<string, SourceMinute>();
  /** That of the last event. */
  #last: SourceMinute | undefined;
  /** Numbers stand for the hashtags, which are looked up once for all topics of a post. */
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];
  /** Counts of topics that were closed. */
  readonly #closed: TopicCounts[] = [];
  /** The greatest slot that counts. */
  #lastSlot: number;

  constructor(lastSlot = 0) {
    this.#lastSlot = lastSlot;
  }

  /** From now on, the events of a slot count. */
  open(slot: number): void {
    this.#lastSlot = Math.max(this.#lastSlot, slot);
    for (const minute of this.#bySource.values()) minute.open(slot);
  }

  /** Counts an event for the slots from one index until before another one. */
  add(event: CountedEvent, slots: Readonly<Uint32Array>, from: number, to: number): void {
    const { source } = event;
    let minute = this.#last?.source === source ? this.#last : this.#bySource.get(source);
    if (minute === undefined) {
      minute = new SourceMinute(source, this.#names);
      minute.makeRoom(this.#lastSlot);
      this.#bySource.set(source, minute);
    }
    this.#last = minute;
    minute.add(event, this.#numbersOf(event.hashtags), slots, from, to);
  }

  /** A topic was closed, and another one may get its slot. What was counted stays. */
  close(slot: number, topic: string): void {
    this.#closed.push(...this.#counts(slot, topic));
    this.open(slot);
  }

  /** What was counted of a topic: one for each source, or more if the topic was closed meanwhile. */
  *ofTopic(topic: string, slot: number | undefined): Generator<TopicCounts> {
    if (slot !== undefined) yield* this.#counts(slot, topic);
    yield* this.#closed.filter((counts) => counts.topic === topic);
  }

  /** What was counted of all topics. `names` has theirs by slot. */
  *all(names: readonly (string | undefined)[]): Generator<TopicCounts> {
    for (const [slot, name] of names.entries()) {
      if (name !== undefined) yield* this.#counts(slot, name);
    }
    yield* this.#closed;
  }

  *#counts(slot: number, topic: string): Generator<TopicCounts> {
    for (const minute of this.#bySource.values()) {
      const counts = minute.of(slot, topic);
      if (counts !== undefined) yield counts;
    }
  }

  /** The numbers of those hashtags that are counted. */
  #numbersOf(hashtags: readonly string[]): readonly number[] {
    if (hashtags.length === 0) return NO_TAGS;
    return hashtags.flatMap((tag) => this.#numbers.get(tag) ?? this.#nameNumber(tag) ?? []);
  }

  #nameNumber(tag: string): number | undefined {
    if (tag.length > MAX_HASHTAG_CHARACTERS || this.#names.length === MAX_NAMES) return undefined;
    const number = this.#names.push(tag) - 1;
    this.#numbers.set(tag, number);
    return number;
  }
}

class SourceMinute {
  readonly source: string;
  /** By their numbers. */
  readonly #hashtags: readonly string[];
  /** By slot, ROW numbers each. */
  #rows = new Float64Array(16 * ROW);
  /** The hashtags of each slot. */
  readonly #tags = new HashtagCounts(MAX_HASHTAGS);

  constructor(source: string, hashtags: readonly string[]) {
    this.source = source;
    this.#hashtags = hashtags;
  }

  makeRoom(slot: number): void {
    this.#rows = withRoomFor(this.#rows, (slot + 1) * ROW);
    this.#tags.makeRoom(slot);
  }

  open(slot: number): void {
    this.makeRoom(slot);
    this.#rows.fill(0, slot * ROW, (slot + 1) * ROW);
    this.#tags.clear(slot);
  }

  add(
    { polarityIndex, score }: CountedEvent,
    tags: readonly number[],
    slots: Readonly<Uint32Array>,
    from: number,
    to: number,
  ): void {
    const rows = this.#rows;
    for (let place = from; place < to; place += 1) {
      const row = (slots[place] as number) * ROW;
      rows[row + polarityIndex] = (rows[row + polarityIndex] as number) + 1;
      rows[row + SCORE] = (rows[row + SCORE] as number) + score;
    }
    for (const tag of tags) {
      for (let place = from; place < to; place += 1) this.#tags.add(slots[place] as number, tag);
    }
  }

  /** What was counted of a topic; undefined for nothing. */
  of(slot: number, topic: string): TopicCounts | undefined {
    const begin = slot * ROW;
    const [positive = 0, negative = 0, neutral = 0, score = 0] = this.#rows.subarray(
      begin,
      begin + ROW,
    );
    if (positive + negative + neutral === 0) return undefined;
    const hashtags = mostFrequent(this.#hashtagsOf(slot), KEPT_HASHTAGS);
    return { topic, source: this.source, positive, negative, neutral, score, hashtags };
  }

  *#hashtagsOf(slot: number): Generator<HashtagPosts> {
    for (const [tag, posts] of this.#tags.of(slot)) yield [this.#hashtags[tag] as string, posts];
  }
}
