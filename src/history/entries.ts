// What is kept of all tracks: each event once, however many tracks share it, and the places where events may be missing.

import type { Position } from '../base/position.ts';
import type { PostKey } from '../base/post.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';

export interface Entry {
  /** Stands for the entry among those of a track. */
  readonly key: number;
  readonly position: Position;
  /** Whether events may be missing here. */
  readonly isGap: boolean;
  /** Undefined for a gap, and once the post was deleted. */
  event: SentimentEvent | undefined;
  /** The same post, from an earlier epoch. */
  readonly repeats: Entry | undefined;
  /** Without the places that tracks have for it. */
  bytes: number;
}

/** What a kept event takes besides its texts, and what its place among those of a track takes; measured. */
const EVENT_BYTES = 600;
const PLACE_BYTES = 8;
const GAP_BYTES = 150;
/** V8 stores a text that is not all Latin-1 in two bytes a character. */
const CHARACTER_BYTES = 2;
const HASHTAG_BYTES = 80;

export class Entries {
  /** The entries by their keys, and the keys that stand for none. */
  readonly #entries: (Entry | undefined)[] = [];
  readonly #unused: number[] = [];
  /** How many tracks keep each entry. Apart from the entries, so that giving up a place touches little memory. */
  #places = new Uint32Array(1024);
  /** The newest entry of each post, by source and id. */
  readonly #bySource = new Map<string, Map<string, Entry>>();
  #newest: Entry | undefined;
  #bytes = 0;

  /** Bytes in use, by estimate. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The entry of a key that is in use. */
  at(key: number): Entry {
    return this.#entries[key] as Entry;
  }

  /** Keeps `event` for so many tracks more. */
  keep(event: SentimentEvent, places: number): Entry {
    const entry = this.#newest?.event === event ? this.#newest : this.#find(event);
    this.#newest = entry;
    this.#addPlaces(entry, places);
    return entry;
  }

  /** Marks a gap in one track. */
  mark(position: Position): Entry {
    const gap = this.#add(position, undefined, undefined, GAP_BYTES);
    this.#addPlaces(gap, 1);
    return gap;
  }

  /** A track has given up its place for an entry. */
  free(key: number): void {
    const places = (this.#places[key] as number) - 1;
    this.#places[key] = places;
    this.#bytes -= PLACE_BYTES;
    if (places === 0) this.#forget(this.at(key));
  }

  deleted({ source, id }: PostKey): void {
    const byId = this.#of(source);
    for (let entry = byId.get(id); entry !== undefined; entry = entry.repeats) {
      this.#bytes -= entry.bytes;
      entry.bytes = 0;
      entry.event = undefined;
    }
    byId.delete(id);
  }

  #of(source: string): Map<string, Entry> {
    const known = this.#bySource.get(source);
    if (known !== undefined) return known;
    const byId = new Map<string, Entry>();
    this.#bySource.set(source, byId);
    return byId;
  }

  #find(event: SentimentEvent): Entry {
    const { position, post } = event;
    const byId = this.#of(post.source);
    const before = byId.get(post.id);
    const isRepeat = before !== undefined && before.position.epoch !== position.epoch;
    // Another node has sent it again.
    if (before?.position.number === position.number && !isRepeat) return before;
    const entry = this.#add(position, event, isRepeat ? before : undefined, bytesOf(event));
    byId.set(post.id, entry);
    return entry;
  }

  #add(
    position: Position,
    event: SentimentEvent | undefined,
    repeats: Entry | undefined,
    bytes: number,
  ): Entry {
    const key = this.#unused.pop() ?? this.#entries.length;
    const entry = { key, position, isGap: event === undefined, event, repeats, bytes };
    this.#entries[key] = entry;
    this.#bytes += bytes;
    return entry;
  }

  #addPlaces({ key }: Entry, places: number): void {
    if (key >= this.#places.length) {
      const more = new Uint32Array(2 * this.#places.length);
      more.set(this.#places);
      this.#places = more;
    }
    this.#places[key] = (this.#places[key] as number) + places;
    this.#bytes += PLACE_BYTES * places;
  }

  #forget(entry: Entry): void {
    const { key, event } = entry;
    this.#entries[key] = undefined;
    this.#unused.push(key);
    this.#bytes -= entry.bytes;
    entry.bytes = 0;
    if (this.#newest === entry) this.#newest = undefined;
    if (event === undefined) return;
    // A newer entry may still refer to this one.
    entry.event = undefined;
    const { source, id } = event.post;
    const byId = this.#of(source);
    if (byId.get(id) !== entry) return;
    const { repeats } = entry;
    // Tracks that have the post already give the repeat up.
    if (repeats !== undefined && this.#entries[repeats.key] === repeats) byId.set(id, repeats);
    else byId.delete(id);
  }
}

function bytesOf({ post, hashtags }: SentimentEvent): number {
  const { id, text, url } = post;
  const characters = id.length + (text?.length ?? 0) + (url?.length ?? 0);
  return EVENT_BYTES + CHARACTER_BYTES * characters + HASHTAG_BYTES * hashtags.length;
}
