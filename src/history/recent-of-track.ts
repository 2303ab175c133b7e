// The recent events of one track, oldest first, and from where on none of them is missing.

import type { Position } from '../base/position.ts';
import type { Recording } from '../stream/recorder.ts';
import type { Entries, Entry } from './entries.ts';

/** What keeps the recent events of all tracks. */
export interface Keeper {
  /** The most entries of one track. */
  readonly most: number;
  readonly entries: Entries;
  /** Hands out what was recorded until now. */
  settle(): void;
  /** Evicts entries if all tracks together keep too much. */
  bound(): void;
  wanted(recent: RecentOfTrack, isWanted: boolean): void;
  closed(recent: RecentOfTrack): void;
}

/** The first ring of a track has room for so many entries. */
const SMALLEST_RING = 8;

export class RecentOfTrack implements Recording {
  readonly slot: number;
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

  constructor(slot: number, canonical: string, keeper: Keeper) {
    this.slot = slot;
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

  get size(): number {
    return this.#end - this.#first;
  }

  /** The entry with this number, which must be one of those that are kept. */
  at(number: number): Entry {
    return this.#keeper.entries.at(this.#keys[number & (this.#keys.length - 1)] as number);
  }

  /** Everything after `since` is going to be recorded. */
  begin(since: Position): void {
    if (this.#completeSince === undefined) this.#completeSince = since;
    else this.gap(since);
  }

  /** Adds an event that has a place for this track. */
  add(key: number): void {
    const { position, repeats } = this.#keeper.entries.at(key);
    // A node that gets its events from another one begins with the first that comes.
    this.#completeSince ??= { ...position, number: position.number - 1 };
    if (repeats !== undefined && this.#holds(repeats)) this.#keeper.entries.free(key);
    else this.#push(key);
  }

  gap(at: Position): void {
    this.#keeper.settle();
    this.#push(this.#keeper.entries.mark(at).key);
    this.#keeper.bound();
  }

  /** From now on, all that was recorded can be read here. */
  settle(): void {
    this.#keeper.settle();
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
      for (const { key } of filled) this.#keeper.entries.free(key);
      return;
    }
    const entries = Array.from({ length: this.size }, (_, i) => this.at(this.#first + i));
    const isReplaced = ({ position }: Entry) =>
      isAfter(position, since) && !isAfter(position, until);
    const firstNewer = entries.findIndex(({ position }) => isAfter(position, until));
    const split = firstNewer === -1 ? entries.length : firstNewer;
    const older = entries.slice(0, split).filter((entry) => !isReplaced(entry));
    const newer = entries.slice(split).filter((entry) => !isReplaced(entry));
    const isRepeat = (entry: Entry) => entry.repeats !== undefined && older.includes(entry.repeats);
    const isJoined = joins(older.at(-1)?.position ?? known, since, entries[older.length]);
    if (!isJoined && older.length === 0) this.#completeSince = since;
    const between = isJoined || older.length === 0 ? [] : [this.#keeper.entries.mark(since)];
    const kept = filled.filter((entry) => !isRepeat(entry));
    this.#replaceAll([...older, ...between, ...kept, ...newer]);
    for (const { key } of [...entries.filter(isReplaced), ...filled.filter(isRepeat)]) {
      this.#keeper.entries.free(key);
    }
    this.evict(this.size - this.#keeper.most);
  }

  /** Gives up the oldest `count` entries, or as many as there are. */
  evict(count: number): void {
    const first = Math.min(this.#first + count, this.#end);
    if (first <= this.#first) return;
    const { entries } = this.#keeper;
    const keys = this.#keys;
    this.#completeSince = this.at(first - 1).position;
    for (let number = this.#first; number < first; number += 1) {
      entries.free(keys[number & (keys.length - 1)] as number);
    }
    this.#first = first;
  }

  #replaceAll(entries: readonly Entry[]): void {
    this.fills += 1;
    this.#growTo(entries.length);
    this.#first = this.#end - entries.length;
    for (const [i, { key }] of entries.entries()) this.#set(this.#first + i, key);
  }

  #push(key: number): void {
    this.#growTo(this.size + 1);
    this.#set(this.#end, key);
    this.#end += 1;
    if (this.size > this.#keeper.most) this.evict(1);
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

  #holds({ key }: Entry): boolean {
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
  const isUnbroken = next !== undefined && !next.isGap;
  return last.number === since.number || (last.number < since.number && isUnbroken);
}
