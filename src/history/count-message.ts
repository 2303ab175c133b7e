// Messages that carry events to the thread that counts them. A post may match hundreds of topics, so what a message has for
// each of these is a number.

import { withRoomFor } from '../base/numbers.ts';
import type { Entry } from './entries.ts';
import { SCORE_SCALE } from './store.ts';

export interface CountMessage extends Heads {
  /** The slots of all entries. */
  readonly slots: Uint32Array<ArrayBuffer>;
  /** By entry: where its slots end, counted from `begin`. They begin where those of the entry before end. */
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly begin: number;
}

/** What entries have in common for all of their topics. */
interface Heads {
  /** By entry, HEAD numbers. */
  readonly heads: Int32Array<ArrayBuffer>;
  readonly sources: readonly string[];
  /** Those of all entries, one after the other. */
  readonly hashtags: readonly string[];
}

/** What an event has in common for all of its topics. */
export interface CountedEvent {
  readonly source: string;
  readonly polarityIndex: number;
  /** Times SCORE_SCALE. */
  readonly score: number;
  readonly hashtags: readonly string[];
}

/** Takes an event, and its slots: those from one index until before another one. */
type TakeEvent = (event: CountedEvent, slots: Uint32Array, from: number, to: number) => void;

/** The numbers of an entry: the index of its polarity, its score, the index of its source, how many hashtags it has. */
const HEAD = 4;
const POLARITY = 0;
const SCORE = 1;
const SOURCE = 2;
const HASHTAGS = 3;
/** Stands for the polarity of an entry that is no event. */
const NO_EVENT = -1;

export class HeadWriter {
  #heads = new Int32Array(64 * HEAD);
  #used = 0;
  #sources: string[] = [];
  #hashtags: string[] = [];

  /** Nothing is counted of an entry that is no event, or undefined. */
  add(entry: Entry | undefined): void {
    const head = this.#used;
    this.#used = head + HEAD;
    this.#heads = withRoomFor(this.#heads, this.#used);
    const heads = this.#heads;
    if (entry?.post === undefined) {
      heads[head + POLARITY] = NO_EVENT;
      heads[head + HASHTAGS] = 0;
      return;
    }
    const { polarityIndex, score, hashtags, post } = entry;
    heads[head + POLARITY] = polarityIndex;
    heads[head + SCORE] = Math.round(score * SCORE_SCALE);
    heads[head + SOURCE] = post.source === this.#sources[0] ? 0 : this.#indexOf(post.source);
    heads[head + HASHTAGS] = hashtags.length;
    for (const { tag } of hashtags) this.#hashtags.push(tag);
  }

  /** What was added since the last time. */
  take(): Heads {
    const heads = this.#heads.slice(0, this.#used);
    const taken = { heads, sources: this.#sources, hashtags: this.#hashtags };
    this.#used = 0;
    this.#sources = [];
    this.#hashtags = [];
    return taken;
  }

  #indexOf(source: string): number {
    const index = this.#sources.indexOf(source);
    return index < 0 ? this.#sources.push(source) - 1 : index;
  }
}

/** What passing a message on costs, in slots: its parts, and something for each hashtag. */
const MESSAGE_SIZE = 64;
const HASHTAG_SIZE = 8;

/** How much a message takes, as a number of slots. While two epochs are kept, each event is a message of its own. */
export function sizeOfMessage({ slots, heads, hashtags }: CountMessage): number {
  return MESSAGE_SIZE + slots.length + heads.length + HASHTAG_SIZE * hashtags.length;
}

const NO_HASHTAGS: readonly string[] = [];

/** Hands each event of a message to `take`, in order. Entries that are no events are left out. */
export function readCounted(message: CountMessage, take: TakeEvent): void {
  const { slots, ends, begin, heads, sources, hashtags } = message;
  let from = 0;
  let hashtag = 0;
  for (let index = 0; index < ends.length; index += 1) {
    const head = index * HEAD;
    const to = (ends[index] as number) - begin;
    const tags = heads[head + HASHTAGS] as number;
    const polarityIndex = heads[head + POLARITY] as number;
    if (polarityIndex !== NO_EVENT) {
      const event = {
        source: sources[heads[head + SOURCE] as number] as string,
        polarityIndex,
        score: heads[head + SCORE] as number,
        hashtags: tags === 0 ? NO_HASHTAGS : hashtags.slice(hashtag, hashtag + tags),
      };
      take(event, slots, from, to);
    }
    from = to;
    hashtag += tags;
  }
}
