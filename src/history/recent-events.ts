// The recent events of each track, so that a client can resume where it was, or begin with the newest ones.
//
// If all tracks together keep too much, those that no listener wants lose their events first, the one that was wanted
// longest ago before the others. Then the oldest events go.

import type { Position } from '../base/position.ts';
import type { PostKey } from '../base/post.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { Past, PastReader, Recording, Start, Stretch } from '../stream/recorder.ts';
import type { Track } from '../track/track.ts';
import type { CountMessage } from './count-message.ts';
import { EventLog, type RecentLimits } from './event-log.ts';
import { type Keeper, RecentOfTrack } from './recent-of-track.ts';
import { RecentReader } from './recent-reader.ts';
import { nothingUntil, stretchOf } from './recent-stretch.ts';

export class RecentEvents implements Past {
  readonly #limits: RecentLimits;
  readonly #tracks = new Map<string, RecentOfTrack>();
  readonly #unused: number[] = [];
  #slots = 0;
  /** Those that no listener wants, the one that was wanted longest ago first. */
  readonly #unwanted = new Map<number, RecentOfTrack>();
  readonly #log: EventLog;
  readonly #keeper: Keeper;

  constructor(limits: RecentLimits) {
    this.#limits = limits;
    this.#log = new EventLog(limits);
    this.#keeper = {
      log: this.#log,
      bound: () => this.#bound(),
      wanted: (recent, isWanted) => this.#wanted(recent, isWanted),
      closed: (recent) => this.#close(recent),
    };
  }

  /** Takes what was recorded, each entry once, with the next `settle` at the latest. */
  set take(take: (message: CountMessage) => void) {
    this.#log.take = take;
  }

  /** Bytes in use, by estimate. */
  get bytes(): number {
    return this.#log.bytes;
  }

  open({ canonical }: Track, since?: Position): Recording {
    const recent = this.#tracks.get(canonical) ?? this.#add(canonical);
    recent.users += 1;
    if (since !== undefined) recent.begin(since);
    this.#wanted(recent, true);
    return recent;
  }

  event(event: SentimentEvent, slots: readonly number[]): void {
    if (slots.length === 0) return;
    this.#log.add(event, slots);
    if (this.#log.hasEpochs) this.#log.dropRepeat(event);
    this.#bound();
  }

  read({ canonical }: Track, start: Start): PastReader {
    const recent = this.#tracks.get(canonical);
    return recent === undefined ? NOTHING_KEPT : new RecentReader(recent, start);
  }

  stretch({ canonical }: Track, starts: readonly Start[], until: Position, most: number): Stretch {
    const recent = this.#tracks.get(canonical);
    return recent === undefined ? nothingUntil(until) : stretchOf(recent, starts, until, most);
  }

  fill({ canonical }: Track, { since, until, entries }: Stretch): void {
    const filled = entries.map(({ position, event }) => event ?? { position, isGap: true });
    this.#tracks.get(canonical)?.fill(filled, since, until);
  }

  deleted(post: PostKey): void {
    this.#log.deleted(post);
  }

  /** Everything recorded until now can be read, and `take` has got it. */
  settle(): void {
    this.#log.settle();
  }

  /** Gives entries up if all together take too much. */
  #bound(): void {
    const { recentBytes } = this.#limits;
    if (this.#log.bytes <= recentBytes) return;
    for (const recent of this.#unwanted.values()) {
      recent.giveUp();
      if (this.#log.bytes <= recentBytes) return;
    }
    while (this.#log.bytes > recentBytes && this.#log.dropOldest());
  }

  #wanted(recent: RecentOfTrack, isWanted: boolean): void {
    this.#unwanted.delete(recent.slot);
    if (!isWanted) this.#unwanted.set(recent.slot, recent);
  }

  #add(canonical: string): RecentOfTrack {
    const slot = this.#unused.pop() ?? this.#slots++;
    const recent = new RecentOfTrack(slot, canonical, this.#keeper);
    this.#tracks.set(canonical, recent);
    return recent;
  }

  #close(recent: RecentOfTrack): void {
    this.#log.settle();
    recent.users -= 1;
    if (recent.users > 0) return;
    this.#tracks.delete(recent.canonical);
    this.#unused.push(recent.slot);
    this.#unwanted.delete(recent.slot);
    this.#log.giveUp(recent.slot);
  }
}

const NOTHING_KEPT: PastReader = {
  isComplete: false,
  completeSince: undefined,
  next: () => ({ gap: false, events: [] }),
};
