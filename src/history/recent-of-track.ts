// The recent events of one track, oldest first, and from where on none of them is missing.

import type { Position } from '../base/position.ts';
import type { Recording } from '../stream/recorder.ts';
import { type Entries, type Entry, isGap } from './entries.ts';
import type { NumberLists } from './number-lists.ts';

/** What keeps the recent events of all tracks. */
export interface Keeper {
  readonly entries: Entries;
  /** The keys of the entries of each track, oldest first. */
  readonly keys: NumberLists;
  /** By slot: no event after this position has been left out; undefined while that is not known. */
  readonly completeSince: (Position | undefined)[];
  /** Hands out what was recorded until now. */
  settle(): void;
  /** Gives entries up if all tracks together keep too much. */
  bound(): void;
  /** Gives up entries of a track that keeps too many. */
  boundTrack(slot: number): void;
  wanted(slot: number, isWanted: boolean): void;
  closed(recent: RecentOfTrack): void;
}

export class RecentOfTrack implements Recording {
  readonly slot: number;
  readonly canonical: string;
  /** How many recordings there are of this track. */
  users = 0;
  /** How often `fill` has replaced entries, which may change the numbers of others. */
  fills = 0;
  readonly #keeper: Keeper;

  constructor(slot: number, canonical: string, keeper: Keeper) {
    this.slot = slot;
    this.canonical = canonical;
    this.#keeper = keeper;
    keeper.keys.open(slot);
    keeper.completeSince[slot] = undefined;
  }

  /** No event after this position has been left out; undefined while that is not known. */
  get completeSince(): Position | undefined {
    return this.#keeper.completeSince[this.slot];
  }

  /** The numbers of the entries go from `first` up to `end`. An entry keeps its number, unless it is filled. */
  get first(): number {
    return this.#keeper.keys.first(this.slot);
  }

  get end(): number {
    return this.#keeper.keys.end(this.slot);
  }

  get size(): number {
    return this.end - this.first;
  }

  /** The entry with this number, which must be one of those that are kept. */
  at(number: number): Entry {
    const { entries, keys } = this.#keeper;
    return entries.at(keys.at(this.slot, number));
  }

  /** Everything after `since` is going to be recorded. */
  begin(since: Position): void {
    const { completeSince } = this.#keeper;
    if (completeSince[this.slot] === undefined) completeSince[this.slot] = since;
    else this.gap(since);
  }

  gap(at: Position): void {
    const { entries, keys, settle, bound, boundTrack } = this.#keeper;
    settle();
    keys.push(this.slot, entries.mark(at));
    boundTrack(this.slot);
    bound();
  }

  /** From now on, all that was recorded can be read here. */
  settle(): void {
    this.#keeper.settle();
  }

  wanted(isWanted: boolean): void {
    this.#keeper.wanted(this.slot, isWanted);
  }

  close(): void {
    this.#keeper.closed(this);
  }

  /**
   * Replaces the entries after `since` and up to `until`, two positions of one epoch, by `filled`, the keys of all entries
   * between these. Each key has a place of its own.
   */
  fill(filled: readonly number[], since: Position, until: Position): void {
    const { entries, keys, completeSince, boundTrack } = this.#keeper;
    const known = this.completeSince;
    if (known !== undefined && isAfter(known, until)) {
      // Newer entries were given up already, so there is no room for older ones.
      for (const key of filled) entries.free(key);
      return;
    }
    const { first, slot } = this;
    const all = Array.from({ length: this.size }, (_, i) => keys.at(slot, first + i));
    const positionOf = (key: number) => entries.at(key).position;
    const isNewer = (key: number) => isAfter(positionOf(key), until);
    const isReplaced = (key: number) => isAfter(positionOf(key), since) && !isNewer(key);
    const split = all.some(isNewer) ? all.findIndex(isNewer) : all.length;
    const older = all.slice(0, split).filter((key) => !isReplaced(key));
    const newer = all.slice(split).filter((key) => !isReplaced(key));
    const isRepeat = (key: number) => entries.isRepeat(key, (same) => older.includes(same));
    // Where the older ones do not reach up to `since`, a gap stands between them and those that are filled in.
    const last = older.at(-1);
    const next = all[older.length];
    const isJoined = joins(
      last === undefined ? known : positionOf(last),
      since,
      next === undefined ? undefined : entries.at(next),
    );
    if (!isJoined && older.length === 0) completeSince[slot] = since;
    const between = isJoined || older.length === 0 ? [] : [entries.mark(since)];
    const fresh = filled.filter((key) => !isRepeat(key));
    const givenUp = [...all.filter(isReplaced), ...filled.filter(isRepeat)];
    this.fills += 1;
    keys.replace(slot, [...older, ...between, ...fresh, ...newer]);
    for (const key of givenUp) entries.free(key);
    boundTrack(slot);
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
