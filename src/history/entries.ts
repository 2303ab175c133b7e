// What is kept of all tracks: each event once, however many tracks share it, and the places where events may be missing.

import { withRoomFor } from '../base/numbers.ts';
import type { Position } from '../base/position.ts';
import type { PostKey } from '../base/post.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import { KeyQueue } from './key-queue.ts';
import { NumberLists } from './number-lists.ts';
import { hashOf, NONE, PostIndex } from './post-index.ts';

/** What stands where no event is: events may be missing here, or the post was deleted. */
interface Mark {
  readonly position: Position;
  readonly isGap: boolean;
  readonly post?: undefined;
}

export type Entry = SentimentEvent | Mark;

/** Whether events may be missing here. */
export function isGap(entry: Entry): boolean {
  return entry.post === undefined && entry.isGap;
}

/** What a kept event takes besides its texts, and what its place among those of a track takes; measured. */
const EVENT_BYTES = 600;
const PLACE_BYTES = 8;
const GAP_BYTES = 150;
/** V8 stores a text that is not all Latin-1 in two bytes a character. */
const CHARACTER_BYTES = 2;
const HASHTAG_BYTES = 80;

/** What is known of an entry: how many tracks keep it, and its bytes without their places. */
const ROW = 2;
const PLACES = 0;
const BYTES = 1;

/** Each entry has a key: a small whole number, which stands for it among those of a track. */
export class Entries {
  /** By key, as all that follows. */
  readonly #entries: (Entry | undefined)[] = [];
  /** Also apart from the entries, which are seldom in the cache. */
  readonly #positions: Position[] = [];
  #rows = new Uint32Array(1024 * ROW);
  /** Keys of no entry, as one list. The one that is longest unused is the next, so that the keys of neighbours are close. */
  readonly #unused = new NumberLists();
  readonly #byPost = new PostIndex();
  /** Keys of events that the index lacks. Most are forgotten before anyone asks for their posts. */
  readonly #notIndexed = new KeyQueue();
  /** Whether a post was ever kept in two epochs. */
  hasRepeats = false;
  /** The epoch of the first event that was kept, and the highest number of its events. */
  #epoch: number | undefined;
  #highest = -1;
  /** Whether events of two epochs were ever kept. */
  #hasEpochs = false;
  #newest = NONE;
  #bytes = 0;

  /** Bytes in use, by estimate. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The entry of a key that is in use. */
  at(key: number): Entry {
    return this.#entries[key] as Entry;
  }

  positionOf(key: number): Position {
    return this.#positions[key] as Position;
  }

  /** Keeps `event` for so many tracks more. Returns its key. */
  keep(event: SentimentEvent, places: number): number {
    if (this.#entries[this.#newest] !== event) this.#newest = this.#keyOf(event);
    this.#addPlaces(this.#newest, places);
    return this.#newest;
  }

  /** Marks a gap in one track. Returns its key. */
  mark(position: Position): number {
    const key = this.#add({ position, isGap: true }, GAP_BYTES);
    this.#addPlaces(key, 1);
    return key;
  }

  /** A track has given up its place for an entry. */
  free(key: number): void {
    const row = key * ROW;
    const places = (this.#rows[row + PLACES] as number) - 1;
    this.#rows[row + PLACES] = places;
    this.#bytes -= PLACE_BYTES;
    if (places === 0) this.#forget(key);
  }

  /** Whether `isKept` holds for an entry of the same post from an earlier epoch. There may be one of each. */
  isRepeat(key: number, isKept: (older: number) => boolean): boolean {
    const { post, position } = this.at(key);
    if (!this.hasRepeats || post === undefined) return false;
    this.#index();
    let older: number | undefined = key;
    do {
      older = this.#find(post, this.#byPost.olderThan(older));
      if (older === undefined) return false;
    } while (this.positionOf(older).epoch === position.epoch || !isKept(older));
    return true;
  }

  deleted(post: PostKey): void {
    this.#index();
    for (;;) {
      const key = this.#find(post, this.#byPost.find(hashOf(post)));
      if (key === undefined) return;
      this.#byPost.delete(key);
      this.#entries[key] = { position: this.positionOf(key), isGap: false };
      this.#bytes -= this.#rows[key * ROW + BYTES] as number;
      this.#rows[key * ROW + BYTES] = 0;
    }
  }

  #keyOf(event: SentimentEvent): number {
    const { position, post } = event;
    if (!this.#isLatest(position)) {
      this.#index();
      const before = this.#find(post, this.#byPost.find(hashOf(post)));
      if (before !== undefined) {
        const { epoch, number } = this.at(before).position;
        // Another node has sent it again.
        if (epoch === position.epoch && number === position.number) return before;
        if (epoch !== position.epoch) this.hasRepeats = true;
      }
    }
    const key = this.#add(event, bytesOf(event));
    this.#notIndexed.add(key);
    return key;
  }

  /** Whether an event at this place comes after all that were kept, and so is none of them. False if it is not certain. */
  #isLatest({ epoch, number }: Position): boolean {
    this.#epoch ??= epoch;
    this.#hasEpochs ||= epoch !== this.#epoch;
    const isLatest = !this.#hasEpochs && number > this.#highest;
    if (isLatest) this.#highest = number;
    return isLatest;
  }

  #index(): void {
    for (let key = this.#notIndexed.oldest; key !== undefined; key = this.#notIndexed.oldest) {
      this.#notIndexed.delete(key);
      this.#byPost.add(key, hashOf(this.at(key).post as PostKey));
    }
  }

  /** The key of this post, `newest` or one of the older ones. */
  #find({ source, id }: PostKey, newest: number): number | undefined {
    for (let key = newest; key !== NONE; key = this.#byPost.olderThan(key)) {
      const post = this.#entries[key]?.post;
      if (post?.id === id && post.source === source) return key;
    }
    return undefined;
  }

  #add(entry: Entry, bytes: number): number {
    const key = this.#takeKey();
    this.#entries[key] = entry;
    this.#positions[key] = entry.position;
    this.#rows = withRoomFor(this.#rows, (key + 1) * ROW);
    this.#rows[key * ROW + BYTES] = bytes;
    this.#bytes += bytes;
    return key;
  }

  #takeKey(): number {
    const unused = this.#unused;
    if (unused.size(0) === 0) return this.#entries.length;
    const first = unused.first(0);
    unused.dropUntil(0, first + 1);
    return unused.at(0, first);
  }

  #addPlaces(key: number, places: number): void {
    const row = key * ROW;
    this.#rows[row + PLACES] = (this.#rows[row + PLACES] as number) + places;
    this.#bytes += PLACE_BYTES * places;
  }

  #forget(key: number): void {
    if (!this.#notIndexed.delete(key) && this.at(key).post !== undefined) this.#byPost.delete(key);
    this.#entries[key] = undefined;
    this.#unused.push(0, key);
    this.#bytes -= this.#rows[key * ROW + BYTES] as number;
  }
}

function bytesOf({ post, hashtags }: SentimentEvent): number {
  const { id, text, url } = post;
  const characters = id.length + (text?.length ?? 0) + (url?.length ?? 0);
  return EVENT_BYTES + CHARACTER_BYTES * characters + HASHTAG_BYTES * hashtags.length;
}
