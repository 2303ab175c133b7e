// What one minute has of a topic and a source, while it is counted.

import type { SentimentEvent } from '../sentiment/analysis.ts';
import { KEPT_HASHTAGS, mostFrequent } from './hashtag-posts.ts';
import { SCORE_SCALE, type TopicCounts } from './store.ts';

/** Distinct hashtags that are counted. More of them than are kept, since the most frequent ones may come late. */
const MAX_HASHTAGS = 2 * KEPT_HASHTAGS;
/** Longer hashtags are not counted. Those of X and Bluesky are shorter. */
const MAX_HASHTAG_CHARACTERS = 100;

/** What is counted of a topic in the minute that still runs. */
export interface Running {
  /** The start of the minute, in milliseconds since 1970. */
  readonly minute: number;
  /** One for each source. */
  readonly counts: readonly TopicCounts[];
  /** Since when every post of the topic was counted. Infinity if the topic is not followed, or the source is down. */
  readonly completeFrom: number;
}

export class TopicMinute {
  readonly topic: string;
  readonly source: string;
  /** The start of the minute. */
  readonly minute: number;
  /** The same minute and topic, for another source. Nearly always, there is none. */
  next: TopicMinute | undefined;
  // Plain numbers in this object: an event touches as little memory as it can.
  #positive = 0;
  #negative = 0;
  #neutral = 0;
  #score = 0;
  #hashtags: Map<string, number> | undefined;

  constructor(topic: string, source: string, minute: number) {
    this.topic = topic;
    this.source = source;
    this.minute = minute;
  }

  add({ polarityIndex, score, hashtags }: SentimentEvent): void {
    if (polarityIndex === 0) this.#positive += 1;
    else if (polarityIndex === 1) this.#negative += 1;
    else this.#neutral += 1;
    this.#score += Math.round(score * SCORE_SCALE);
    if (hashtags.length > 0) this.#addHashtags(hashtags);
  }

  counts(): TopicCounts {
    return {
      topic: this.topic,
      source: this.source,
      positive: this.#positive,
      negative: this.#negative,
      neutral: this.#neutral,
      score: this.#score,
      hashtags: mostFrequent(this.#hashtags ?? [], KEPT_HASHTAGS),
    };
  }

  #addHashtags(hashtags: SentimentEvent['hashtags']): void {
    this.#hashtags ??= new Map();
    const counted = this.#hashtags;
    for (const tag of namesOf(hashtags)) {
      const posts = counted.get(tag);
      if (posts !== undefined) counted.set(tag, posts + 1);
      else if (counted.size < MAX_HASHTAGS) counted.set(tag, 1);
    }
  }
}

/** What was counted for each topic and source. */
export function* countsOf(minutes: Iterable<TopicMinute | undefined>): Generator<TopicCounts> {
  for (const first of minutes) {
    for (let minute = first; minute !== undefined; minute = minute.next) yield minute.counts();
  }
}

let last: SentimentEvent['hashtags'] = [];
let lastNames: readonly string[] = [];

/** The names to count. All topics that an event matches ask for the same ones, one right after the other. */
function namesOf(hashtags: SentimentEvent['hashtags']): readonly string[] {
  if (hashtags === last) return lastNames;
  last = hashtags;
  lastNames = hashtags
    .filter(({ tag }) => tag.length <= MAX_HASHTAG_CHARACTERS)
    // A part of a string keeps the whole one alive, here the text of the post.
    .map(({ tag }) => Buffer.from(tag).toString());
  return lastNames;
}
