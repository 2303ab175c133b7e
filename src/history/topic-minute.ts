// What one minute has of a topic and a source, while it is counted.

import type { SentimentEvent } from '../sentiment/analysis.ts';
import { KEPT_HASHTAGS, mostFrequent } from './hashtag-posts.ts';
import { SCORE_SCALE, type TopicCounts } from './store.ts';

/** Distinct hashtags that are counted. More of them than are kept, since the most frequent ones may come late. */
const MAX_HASHTAGS = 2 * KEPT_HASHTAGS;
/** Longer hashtags are not counted. Those of X and Bluesky are shorter. */
const MAX_HASHTAG_CHARACTERS = 100;

export class TopicMinute {
  readonly topic: string;
  readonly source: string;
  /** The start of the minute. */
  readonly minute: number;
  /** The same minute and topic, for another source. Nearly always, there is none. */
  next: TopicMinute | undefined;
  readonly #posts: [positive: number, negative: number, neutral: number] = [0, 0, 0];
  #score = 0;
  #hashtags: Map<string, number> | undefined;

  constructor(topic: string, source: string, minute: number) {
    this.topic = topic;
    this.source = source;
    this.minute = minute;
  }

  add({ polarityIndex, score, hashtags }: SentimentEvent): void {
    this.#posts[polarityIndex as 0 | 1 | 2] += 1;
    this.#score += Math.round(score * SCORE_SCALE);
    if (hashtags.length > 0) this.#addHashtags(hashtags);
  }

  counts(): TopicCounts {
    const { topic, source } = this;
    const [positive, negative, neutral] = this.#posts;
    const hashtags = mostFrequent(this.#hashtags ?? [], KEPT_HASHTAGS);
    return { topic, source, positive, negative, neutral, score: this.#score, hashtags };
  }

  #addHashtags(hashtags: SentimentEvent['hashtags']): void {
    this.#hashtags ??= new Map();
    const counted = this.#hashtags;
    for (const { tag } of hashtags) {
      const posts = counted.get(tag);
      if (posts !== undefined) counted.set(tag, posts + 1);
      else if (counted.size < MAX_HASHTAGS && tag.length <= MAX_HASHTAG_CHARACTERS) {
        // A part of a string keeps the whole one alive, here the text of the post.
        counted.set(Buffer.from(tag).toString(), 1);
      }
    }
  }
}
