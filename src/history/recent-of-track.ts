// The recent events of one track, oldest first, and from where on none of them is missing.

import type { Position } from '../base/position.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';

/** An event that is kept. */
export interface Kept {
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
interface Gap {
  readonly position: Position;
  readonly gap: true;
}

export type Entry = Kept | Gap;

export function isGap(entry: Entry): entry is Gap {
  return 'gap' in entry;
}

export class RecentOfTrack {
  /** How many recordings there are of this track. */
  users = 0;
  readonly #most: number;
  readonly #freed: (kept: Kept) => void;
  #entries: Entry[] = [];
  /** Where the oldest entry stands in `#entries`. */
  #head = 0;
  /** How many entries have left. Older than the oldest one are as many. */
  #left = 0;
  #completeSince: Position | undefined;

  /** `freed` is called with each event that this track does not keep any more. */
  constructor(most: number, freed: (kept: Kept) => void) {
    this.#most = most;
    this.#freed = freed;
  }

  /** No event after this position has been left out; undefined while that is not known. */
  get completeSince(): Position | undefined {
    return this.#completeSince;
  }

  /** The numbers of the entries go from `first` up to `end`; each keeps its number. */
  get first(): number {
    return this.#left;
  }

  get end(): number {
    return this.#left + this.#entries.length - this.#head;
  }

  /** The entry with this number, which must be one of those that are kept. */
  at(number: number): Entry {
    return this.#entries[this.#head + number - this.#left] as Entry;
  }

  /** Everything after `since` is going to be added. */
  begin(since: Position): void {
    if (this.#completeSince === undefined) this.#completeSince = since;
    else this.gap(since);
  }

  gap(position: Position): void {
    this.#push({ position, gap: true });
  }

  add(kept: Kept): void {
    const { position } = kept;
    // A node that gets its events from another one begins with the first that comes.
    this.#completeSince ??= { ...position, number: position.number - 1 };
    kept.places += 1;
    if (kept.repeats !== undefined && this.#holds(kept.repeats)) this.#leave(kept);
    else this.#push(kept);
  }

  /**
   * Adds older events, and entries that are older than those are given up. Nothing after `since` and before
   * the entries that are kept is missing from `older`.
   */
  addOlder(older: readonly Kept[], since: Position): void {
    while (this.end > this.first && this.at(this.first).position.epoch !== since.epoch)
      this.evict();
    for (const kept of older) kept.places += 1;
    this.#entries = [...older, ...this.#entries.slice(this.#head)];
    this.#head = 0;
    this.#left -= older.length;
    this.#completeSince = since;
    this.#evictExcess();
  }

  /** Gives up the oldest entry; returns whether there was one. */
  evict(): boolean {
    if (this.end === this.first) return false;
    const entry = this.at(this.first);
    // Keeps a long queue cheap: entries that have left are cut off in one go.
    this.#head += 1;
    this.#left += 1;
    if (this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    this.#completeSince = entry.position;
    if (!isGap(entry)) this.#leave(entry);
    return true;
  }

  #push(entry: Entry): void {
    this.#entries.push(entry);
    this.#evictExcess();
  }

  #evictExcess(): void {
    while (this.end - this.first > this.#most) this.evict();
  }

  #leave(kept: Kept): void {
    kept.places -= 1;
    this.#freed(kept);
  }

  #holds(kept: Kept): boolean {
    return this.#entries.includes(kept, this.#head);
  }
}
