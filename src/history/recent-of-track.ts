// The recent events of one track, oldest first, and from where on none of them is missing.

import type { Position } from '../base/position.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { Recording } from '../stream/recorder.ts';

/** An event that is kept. */
export interface Kept {
  /** Stands for it among the events of a track. */
  readonly key: number;
  readonly position: Position;
  /** Undefined once its post was deleted. */
  event: SentimentEvent | undefined;
  /** The same post, from an earlier epoch. */
  readonly repeats: Kept | undefined;
  bytes: number;
  /** How many tracks keep it. */
  places: number;
}

/** Marks where events may be missing. */
export interface Gap {
  readonly key: number;
  readonly position: Position;
  readonly gap: true;
}

export type Entry = Kept | Gap;

export function isGap(entry: Entry): entry is Gap {
  return 'gap' in entry;
}

/** What keeps the entries of all tracks. */
export interface Keeper {
  /** The most entries of one track. */
  readonly most: number;
  /** The same object for all tracks that an event matches. It gets one more place. */
  keep(event: SentimentEvent): Kept;
  mark(position: Position): Gap;
  entry(key: number): Entry;
  /** A track has given up its place for an entry. */
  freed(entry: Entry): void;
  wanted(recent: RecentOfTrack, isWanted: boolean): void;
  closed(recent: RecentOfTrack): void;
}

/** The first ring of a track has room for so many entries. */
const SMALLEST_RING = 8;

export class RecentOfTrack implements Recording {
  readonly canonical: string;
  /** How many recordings there are of this track. */
  users = 0;
  /** How often entries were put before others. Entries may have other numbers since. */
  fills = 0;
  readonly #keeper: Keeper;
  /**
   * The keys of the entries, as a ring: entry `n` stands at `n` modulo its length, a power of two. Plain numbers, since
   * a post may match hundreds of tracks, and the garbage collector would follow each reference to it.
   */
  #keys = new Uint32Array(0);
  #first = 0;
  #end = 0;
  #completeSince: Position | undefined;

  constructor(canonical: string, keeper: Keeper) {
    this.canonical = canonical;
    this.#keeper = keeper;
  }

  /** No event after this position has been left out; undefined while that is not known. */
  get completeSince(): Position | undefined {
    return this.#completeSince;
  }

  /** The numbers of the entries go from `first` up to `end`. An entry keeps its number, unless it is filled. */
  get first(): number {
    return this.#first;
  }

  get end(): number {
    return this.#end;
  }

  /** The entry with this number, which must be one of those that are kept. */
  at(number: number): Entry {
    return this.#keeper.entry(this.#keys[number & (this.#keys.length - 1)] as number);
  }

  /** Everything after `since` is going to be recorded. */
  begin(since: Position): void {
    if (this.#completeSince === undefined) this.#completeSince = since;
    else this.gap(since);
  }

  event(event: SentimentEvent): void {
    const kept = this.#keeper.keep(event);
    // A node that gets its events from another one begins with the first that comes.
    this.#completeSince ??= { ...kept.position, number: kept.position.number - 1 };
    if (kept.repeats !== undefined && this.#holds(kept.repeats)) this.#keeper.freed(kept);
    else this.#push(kept);
  }

  gap(at: Position): void {
    this.#push(this.#keeper.mark(at));
  }

  wanted(isWanted: boolean): void {
    this.#keeper.wanted(this, isWanted);
  }

  close(): void {
    this.#keeper.closed(this);
  }

  /**
   * Puts `filled`, which have a place each, where events may be missing: after `since` and up to `until`, two places of
   * one epoch. Nothing in between is missing from them.
   */
  fill(filled: readonly Entry[], since: Position, until: Position): void {
    const known = this.#completeSince;
    if (known !== undefined && isAfter(known, until)) {
      // What came between was given up, so there is no room for what is older.
      for (const entry of filled) this.#keeper.freed(entry);
      return;
    }
    const entries = Array.from({ length: this.#end - this.#first }, (_, i) =>
      this.at(this.#first + i),
    );
    const isReplaced = ({ position }: Entry) =>
      isAfter(position, since) && !isAfter(position, until);
    const firstNewer = entries.findIndex(({ position }) => isAfter(position, until));
    const split = firstNewer === -1 ? entries.length : firstNewer;
    const older = entries.slice(0, split).filter((entry) => !isReplaced(entry));
    const newer = entries.slice(split).filter((entry) => !isReplaced(entry));
    const isRepeat = (entry: Entry) =>
      !isGap(entry) && entry.repeats !== undefined && older.includes(entry.repeats);
    const isJoined = joins(older.at(-1)?.position ?? known, since, entries[older.length]);
    if (!isJoined && older.length === 0) this.#completeSince = since;
    const between = isJoined || older.length === 0 ? [] : [this.#keeper.mark(since)];
    const kept = filled.filter((entry) => !isRepeat(entry));
    this.#replaceAll([...older, ...between, ...kept, ...newer]);
    for (const entry of [...entries.filter(isReplaced), ...filled.filter(isRepeat)]) {
      this.#keeper.freed(entry);
    }
    this.#evictExcess();
  }

  /** Gives up the oldest entry; returns whether there was one. */
  evict(): boolean {
    if (this.#end === this.#first) return false;
    const entry = this.at(this.#first);
    this.#first += 1;
    this.#completeSince = entry.position;
    this.#keeper.freed(entry);
    return true;
  }

  #replaceAll(entries: readonly Entry[]): void {
    this.fills += 1;
    this.#growTo(entries.length);
    this.#first = this.#end - entries.length;
    for (const [i, { key }] of entries.entries()) this.#set(this.#first + i, key);
  }

  #push({ key }: Entry): void {
    this.#growTo(this.#end - this.#first + 1);
    this.#set(this.#end, key);
    this.#end += 1;
    this.#evictExcess();
  }

  #set(number: number, key: number): void {
    this.#keys[number & (this.#keys.length - 1)] = key;
  }

  #growTo(size: number): void {
    const keys = this.#keys;
    if (size <= keys.length) return;
    let length = Math.max(SMALLEST_RING, keys.length);
    while (length < size) length *= 2;
    this.#keys = new Uint32Array(length);
    for (let number = this.#first; number < this.#end; number += 1) {
      this.#set(number, keys[number & (keys.length - 1)] as number);
    }
  }

  #evictExcess(): void {
    while (this.#end - this.#first > this.#keeper.most) this.evict();
  }

  #holds({ key }: Kept): boolean {
    for (let number = this.#first; number < this.#end; number += 1) {
      if (this.#keys[number & (this.#keys.length - 1)] === key) return true;
    }
    return false;
  }
}

/** Whether `a` is of the same epoch as `b`, and later. */
function isAfter(a: Position, b: Position): boolean {
  return a.epoch === b.epoch && a.number > b.number;
}

/** Whether nothing is missing between `last`, the last position that is known, and `since`; `next` came after `last`. */
function joins(last: Position | undefined, since: Position, next: Entry | undefined): boolean {
  if (last?.epoch !== since.epoch) return false;
  // While nothing has come, it is not known whether something was lost.
  const isUnbroken = next !== undefined && !isGap(next);
  return last.number === since.number || (last.number < since.number && isUnbroken);
}
