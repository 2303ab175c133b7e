// The recent events of each track, so that a client can resume where it was, or begin with the newest ones.
//
// An event is kept once, however many tracks share it. If all tracks together keep too much, those that no listener
// wants lose their oldest events first, and then those that were wanted longest ago.

import type { Position } from '../base/position.ts';
import type { PostKey } from '../base/post.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { Past, PastReader, Recording, Start, Stretch } from '../stream/recorder.ts';
import type { Track } from '../track/track.ts';
import { Entries } from './entries.ts';
import { NumberLists } from './number-lists.ts';
import { NO_TAGS, Pending, type Run } from './pending.ts';
import { type Keeper, RecentOfTrack } from './recent-of-track.ts';
import { RecentReader } from './recent-reader.ts';
import { nothingUntil, stretchOf } from './recent-stretch.ts';

export interface RecentLimits {
  /** Events kept of one track. */
  readonly recentEvents: number;
  /** Bytes that the events of all tracks may take, by estimate. */
  readonly recentBytes: number;
}

/** When the bytes are used up, this share of them stays in use, so that not every event makes room anew. */
const LEFT_WHEN_FULL = 0.9;
/** Entries that a track loses at once. */
const GIVEN_UP_AT_ONCE = 16;

export class RecentEvents implements Past {
  /** Takes each recorded event once, with the next `settle` at the latest. */
  take: (slot: number, events: Run) => void = () => {};
  readonly #limits: RecentLimits;
  readonly #tracks = new Map<string, RecentOfTrack>();
  /** By their slots. */
  readonly #slots: (RecentOfTrack | undefined)[] = [];
  readonly #unused: number[] = [];
  /** Slots, in the order in which their tracks lose their events. */
  readonly #unwanted = new Set<number>();
  readonly #wanted = new Set<number>();
  readonly #entries = new Entries();
  readonly #keys = new NumberLists();
  readonly #completeSince: (Position | undefined)[] = [];
  readonly #pending = new Pending();
  readonly #keeper: Keeper;
  readonly #free = (key: number) => this.#entries.free(key);

  constructor(limits: RecentLimits) {
    this.#limits = limits;
    this.#keeper = {
      entries: this.#entries,
      keys: this.#keys,
      completeSince: this.#completeSince,
      settle: () => this.settle(),
      bound: () => this.#bound(),
      boundTrack: (slot) => this.#boundTrack(slot),
      wanted: (slot, isWanted) => this.#order(slot, isWanted),
      closed: (recent) => this.#close(recent),
    };
  }

  /** Bytes in use, by estimate. */
  get bytes(): number {
    return this.#entries.bytes;
  }

  open({ canonical }: Track, since?: Position): Recording {
    this.settle();
    const recent = this.#tracks.get(canonical) ?? this.#add(canonical);
    recent.users += 1;
    if (since !== undefined) recent.begin(since);
    this.#order(recent.slot, true);
    return recent;
  }

  /** `tags` has the numbers of its hashtags, if they are counted. */
  event(event: SentimentEvent, slots: readonly number[], tags = NO_TAGS): void {
    if (slots.length === 0) return;
    if (this.#pending.isFull(slots.length)) this.settle();
    const key = this.#entries.keep(event, slots.length);
    this.#pending.add(event, key, slots, tags);
    this.#bound();
  }

  read({ canonical }: Track, start: Start): PastReader {
    const recent = this.#tracks.get(canonical);
    if (recent === undefined) return NOTHING_KEPT;
    this.settle();
    this.#order(recent.slot, true);
    return new RecentReader(recent, start);
  }

  stretch({ canonical }: Track, starts: readonly Start[], until: Position, most: number): Stretch {
    this.settle();
    const recent = this.#tracks.get(canonical);
    return recent === undefined ? nothingUntil(until) : stretchOf(recent, starts, until, most);
  }

  fill({ canonical }: Track, { since, until, entries }: Stretch): void {
    this.settle();
    const recent = this.#tracks.get(canonical);
    if (recent === undefined) return;
    const filled = entries.map(({ position, event }) =>
      event === undefined ? this.#entries.mark(position) : this.#entries.keep(event, 1),
    );
    recent.fill(filled, since, until);
    this.#bound();
  }

  deleted(post: PostKey): void {
    this.#entries.deleted(post);
  }

  /** Hands out what was recorded until now. */
  settle(): void {
    this.#pending.handOut((slot, run) => {
      this.#keep(slot, run);
      this.take(slot, run);
    });
  }

  #keep(slot: number, run: Run): void {
    const entries = this.#entries;
    const { numbers, keys } = run;
    if (this.#completeSince[slot] === undefined) {
      // A node that gets its events from another one begins with the first that comes.
      const position = entries.positionOf(keys[numbers[run.from] as number] as number);
      this.#completeSince[slot] = { ...position, number: position.number - 1 };
    }
    if (!entries.hasRepeats) {
      this.#append(slot, run, run.from, run.to);
      return;
    }
    const isKept = (older: number) => this.#keys.has(slot, older);
    for (let i = run.from; i < run.to; i += 1) {
      const key = keys[numbers[i] as number] as number;
      if (entries.isRepeat(key, isKept)) entries.free(key);
      else this.#append(slot, run, i, i + 1);
    }
  }

  /** Adds the events from `from` until before `to` to those of a track. */
  #append(slot: number, { numbers, keys }: Run, from: number, to: number): void {
    const { recentEvents } = this.#limits;
    const before = this.#keys.size(slot);
    const excess = before + to - from - recentEvents;
    // First, so that the others find room.
    if (excess > 0) this.#giveUp(slot, Math.min(excess, before));
    this.#keys.append(slot, keys, numbers, from, to);
    this.#boundTrack(slot);
  }

  #boundTrack(slot: number): void {
    const over = this.#keys.size(slot) - this.#limits.recentEvents;
    if (over > 0) this.#giveUp(slot, over);
  }

  /** Gives entries up if all together take too much. */
  #bound(): void {
    if (this.#entries.bytes <= this.#limits.recentBytes) return;
    this.settle();
    const enough = this.#limits.recentBytes * LEFT_WHEN_FULL;
    for (const slots of [this.#unwanted, this.#wanted]) {
      for (const slot of slots) {
        while (this.#entries.bytes > enough && this.#keys.size(slot) > 0) {
          this.#giveUp(slot, GIVEN_UP_AT_ONCE);
        }
        if (this.#entries.bytes <= enough) return;
      }
    }
  }

  /** Gives up the oldest `count` entries of a track, or all of them if there are fewer. */
  #giveUp(slot: number, count: number): void {
    const entries = this.#entries;
    const keys = this.#keys;
    const begin = keys.first(slot);
    const end = Math.min(begin + count, keys.end(slot));
    if (end === begin) return;
    this.#completeSince[slot] = entries.positionOf(keys.at(slot, end - 1));
    keys.dropUntil(slot, end, this.#free);
  }

  #order(slot: number, isWanted: boolean): void {
    this.#unwanted.delete(slot);
    this.#wanted.delete(slot);
    (isWanted ? this.#wanted : this.#unwanted).add(slot);
  }

  #add(canonical: string): RecentOfTrack {
    const slot = this.#unused.pop() ?? this.#slots.length;
    const recent = new RecentOfTrack(slot, canonical, this.#keeper);
    this.#slots[slot] = recent;
    this.#pending.open(slot);
    this.#tracks.set(canonical, recent);
    return recent;
  }

  #close(recent: RecentOfTrack): void {
    this.settle();
    recent.users -= 1;
    if (recent.users > 0) return;
    this.#tracks.delete(recent.canonical);
    this.#slots[recent.slot] = undefined;
    this.#unused.push(recent.slot);
    this.#unwanted.delete(recent.slot);
    this.#wanted.delete(recent.slot);
    this.#giveUp(recent.slot, recent.size);
    this.#keys.close(recent.slot);
  }
}

const NOTHING_KEPT: PastReader = {
  isComplete: false,
  completeSince: undefined,
  next: () => ({ gap: false, events: [] }),
};
