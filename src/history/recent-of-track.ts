// The recent events of one track, and from where on none of them is missing.

import type { Position } from '../base/position.ts';
import { spellKey } from '../base/post.ts';
import type { Recording } from '../stream/recorder.ts';
import { type Entry, isGap } from './entries.ts';
import type { EventLog, Kept, Range } from './event-log.ts';

/** What keeps the recent events of all tracks. */
export interface Keeper {
  readonly log: EventLog;
  /** Gives entries up if all tracks together keep too much. */
  bound(): void;
  wanted(recent: RecentOfTrack, isWanted: boolean): void;
  closed(recent: RecentOfTrack): void;
}

export class RecentOfTrack implements Recording {
  readonly slot: number;
  readonly canonical: string;
  /** How many recordings there are of this track. */
  users = 0;
  /** How often all entries were given up. They have other serials if they came back. */
  changes = 0;
  readonly #keeper: Keeper;
  /** No event after this position has been left out before the first entry; undefined while that is not known. */
  #since: Position | undefined;

  constructor(slot: number, canonical: string, keeper: Keeper) {
    this.slot = slot;
    this.canonical = canonical;
    this.#keeper = keeper;
    keeper.log.open(slot);
  }

  /** What can be read. */
  list(range?: Range): Kept {
    this.#keeper.log.settle();
    return this.#keeper.log.list(this.slot, range);
  }

  /** An entry that can still be read. */
  at(serial: number): Entry | undefined {
    return this.#keeper.log.at(serial);
  }

  /** No event after this position and before the first of all `kept` has been left out; undefined while that is not known. */
  completeSince({ lost, entries }: Kept): Position | undefined {
    const [first] = entries;
    if (lost > 0) return this.#keeper.log.positionOf(lost, first);
    if (this.#since !== undefined || first === undefined) return this.#since;
    // A node that gets its events from another one begins with the first that comes.
    return { ...first.position, number: first.position.number - 1 };
  }

  /** Everything after `since` is going to be recorded. */
  begin(since: Position): void {
    if (this.completeSince(this.list()) === undefined) this.#since = since;
    else this.gap(since);
  }

  gap(at: Position): void {
    this.#keeper.log.gap(at, this.slot);
    this.#keeper.bound();
  }

  wanted(isWanted: boolean): void {
    this.#keeper.wanted(this, isWanted);
  }

  /** Gives up everything. What comes later is complete. */
  giveUp(): void {
    const kept = this.list();
    this.#since = kept.entries.at(-1)?.position ?? this.completeSince(kept);
    this.#keeper.log.giveUp(this.slot);
    this.changes += 1;
  }

  close(): void {
    this.#keeper.closed(this);
  }

  /**
   * Replaces the entries after `since` and up to `until`, two positions of one epoch, by `filled`, which are all entries
   * between these.
   */
  fill(filled: readonly Entry[], since: Position, until: Position): void {
    const { log, bound } = this.#keeper;
    const kept = this.list();
    const known = this.completeSince(kept);
    // Newer entries were given up already, so there is no room for older ones.
    if (known !== undefined && isAfter(known, until)) return;
    const all = kept.entries;
    const isNewer = ({ position }: Entry) => isAfter(position, until);
    const isReplaced = (entry: Entry) => isAfter(entry.position, since) && !isNewer(entry);
    const split = all.some(isNewer) ? all.findIndex(isNewer) : all.length;
    const older = all.slice(0, split).filter((entry) => !isReplaced(entry));
    const newer = all.slice(split).filter((entry) => !isReplaced(entry));
    // Where the older ones do not reach up to `since`, a gap stands between them and those that are filled in.
    const last = older.at(-1);
    const isJoined = joins(last?.position ?? known, since, all[older.length]);
    const between = isJoined || last === undefined ? [] : [{ position: since, isGap: true }];
    const epochs = new Map(
      older.map(({ post, position }) => [post && spellKey(post), position.epoch]),
    );
    const isRepeat = ({ post }: Entry) =>
      post !== undefined && (epochs.get(spellKey(post)) ?? since.epoch) !== since.epoch;
    const fresh = filled.filter((entry) => !isRepeat(entry));
    this.giveUp();
    this.#since = !isJoined && last === undefined ? since : known;
    const joined = [...older, ...between, ...fresh, ...newer];
    for (const entry of joined) log.add(entry, [this.slot], false);
    bound();
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
