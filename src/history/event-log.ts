// The recent events of all tracks in one log: each event once, in the order in which they came, however many tracks keep
// it. Each of its places leads to the place before of the same track, so a track is read from its newest entry on.

import { withRoomFor } from '../base/numbers.ts';
import type { Position } from '../base/position.ts';
import type { PostKey } from '../base/post.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import { type CountMessage, HeadWriter } from './count-message.ts';
import type { Entry } from './entries.ts';
import { hashOf } from './post-index.ts';
import { MAX_ENTRIES, MAX_PLACES, Segment } from './segment.ts';
import { closestBefore, NONE, Serials } from './serials.ts';
import { freeable, Sweep } from './sweep.ts';

/** A sweep is considered each time the log has taken in this share of what it may take. */
const CONSIDERED_AFTER = 1 / 8;
/** And this share of what it has, since all of that is looked at. */
const CONSIDERED_AFTER_OWN = 1 / 2;
/** It comes if it frees this share of what is kept. */
const WORTH_A_SWEEP = 0.5;
/** It looks through one segment for so many entries that are added, since several at once would hold events up. */
const SWEPT_EVERY = 32;
/** The log loses its oldest segment if it takes too much, so none may have more than this share of what it may take. */
const SEGMENT_SHARE = 1 / 64;

export interface RecentLimits {
  /** Events kept of one track. */
  readonly recentEvents: number;
  /** Bytes that the events of all tracks may take, by estimate. */
  readonly recentBytes: number;
}

/** What can be read of a track, oldest first. */
export interface Kept {
  readonly serials: readonly number[];
  readonly entries: readonly Entry[];
  /** The serial of the last entry before these that cannot be read any more; 0 if there is none. */
  readonly lost: number;
}

export interface Range {
  /** Only entries with greater serials. */
  readonly after?: number;
  /** Nothing before the newest entry for which it holds. */
  readonly from?: (entry: Entry) => boolean;
}

export class EventLog {
  /** Takes what was added, each entry once, with the next `settle` at the latest. */
  take: ((message: CountMessage) => void) | undefined;
  readonly #limits: RecentLimits;
  readonly #serials = new Serials();
  #segments: Segment[] = [new Segment()];
  /** By slot: the low bits of the serial of the newest entry, or NONE. */
  #newest = new Uint32Array(64);
  #bytesOfSealed = 0;
  /** Entries of the last segment that are linked. */
  #linked = 0;
  /** What is counted of those that are not. */
  readonly #heads = new HeadWriter();
  /** Bytes that have come since a sweep was considered. */
  #unconsidered = 0;
  #sweep: Sweep | undefined;
  /** A segment that was dropped, whose memory is used again. */
  #spare: Segment | undefined;
  /** The time of the newest entry. */
  #latest = 0;

  constructor(limits: RecentLimits) {
    this.#limits = limits;
  }

  /** Bytes in use, by estimate. */
  get bytes(): number {
    return this.#bytesOfSealed + this.#open.bytes;
  }

  /** Whether entries of two epochs are kept. */
  get hasEpochs(): boolean {
    return (this.#segments[0] as Segment).first < this.#serials.epochFrom;
  }

  /** Prepares for the entries of a slot, which has none. */
  open(slot: number): void {
    this.#newest = withRoomFor(this.#newest, slot);
  }

  /** An entry that was added before must not count again. */
  add(entry: Entry, slots: readonly number[], isNew = true): void {
    const { size, places, bytes } = this.#open;
    const isFull =
      size === MAX_ENTRIES ||
      places + slots.length > MAX_PLACES ||
      bytes > this.#limits.recentBytes * SEGMENT_SHARE;
    if (isFull && size > 0) {
      this.#seal();
      this.#considerSweeping();
    }
    if (this.#open.size % SWEPT_EVERY === 0) this.#goOnSweeping();
    this.#open.add(entry, this.#serials.next(entry.position), slots);
    if (this.take !== undefined) this.#heads.add(isNew ? entry : undefined);
    this.#latest = entry.position.time;
  }

  /** Marks a gap in a track. Tracks with the same one share an entry. */
  gap(at: Position, slot: number): void {
    const open = this.#open;
    const last = open.entries.at(-1);
    const isShared = last?.post === undefined && last?.position === at;
    if (isShared && this.#linked < open.size && open.places < MAX_PLACES) open.share(slot);
    else this.add({ position: at, isGap: true }, [slot]);
  }

  /** Links what was added until now, so that it can be read. */
  settle(): void {
    const open = this.#open;
    const from = this.#linked;
    if (from === open.size) return;
    open.link(from, this.#newest);
    this.#linked = open.size;
    this.take?.({ ...open.slotsFrom(from), ...this.#heads.take() });
    if (this.#limits.recentEvents === 0) while (this.dropOldest());
  }

  /** What can be read of a track. */
  list(slot: number, { after = 0, from }: Range = {}): Kept {
    const serials: number[] = [];
    const entries: Entry[] = [];
    let hasAll = false;
    const lost = this.#walk(slot, after, (segment, index) => {
      if (hasAll || entries.length === this.#limits.recentEvents) return false;
      const entry = segment.entries[index] as Entry;
      serials.push(segment.serial(index));
      entries.push(entry);
      hasAll = from?.(entry) ?? false;
      return true;
    });
    return { serials: serials.reverse(), entries: entries.reverse(), lost: hasAll ? 0 : lost };
  }

  /** The entry with this serial, if any track still keeps it. */
  at(serial: number): Entry | undefined {
    const segment = this.#segments.findLast(({ first }) => first <= serial);
    return segment?.entries[segment.indexOf(serial)];
  }

  /** The position of an entry that cannot be read any more, and that comes before `next`. Undefined if it is not known. */
  positionOf(serial: number, next: Entry | undefined): Position | undefined {
    const position = this.#serials.positionOf(serial);
    // When it was is forgotten, so it may have been as late as what is kept.
    if (position !== undefined) {
      return { ...position, time: next?.position.time ?? this.#latest };
    }
    return next && { ...next.position, number: next.position.number - 1 };
  }

  /** A track gives up everything. */
  giveUp(slot: number): void {
    if (this.#newest[slot] === NONE) return;
    const lost = this.#walk(slot, 0, (segment, index, place) => {
      segment.free(index, place);
      return true;
    });
    this.#newest[slot] = NONE;
    // A sweep that is under way may have freed places between those that were visited and older ones.
    if (lost > 0 && this.#sweep !== undefined) {
      for (const segment of this.#segments) segment.freeAll(slot);
    }
    this.#segments = this.#segments.filter(
      (segment) => segment.keptEntries > 0 || segment === this.#open,
    );
    this.#measure();
  }

  /** Takes the newest event back from those tracks that keep its post already, from an earlier epoch. */
  dropRepeat({ post, position }: SentimentEvent): void {
    this.settle();
    const { epoch } = position;
    const segment = this.#open;
    const index = segment.size - 1;
    for (const [older, found] of this.#find(post)) {
      if (older.entries[found]?.position.epoch === epoch) continue;
      for (const slot of older.slotsOf(found)) {
        const repeated = segment.placeOf(index, slot);
        if (repeated < 0 || !this.#canRead(slot, older.serial(found))) continue;
        this.#newest[slot] = segment.before(repeated);
        segment.free(index, repeated);
      }
    }
  }

  /** What is kept of a post can be read no more. */
  deleted(post: PostKey): void {
    this.settle();
    for (const [segment, index] of this.#find(post)) {
      const { position } = segment.entries[index] as Entry;
      segment.replace(index, { position, isGap: false });
    }
    this.#measure();
  }

  /** Drops the oldest entries, whichever tracks keep them. Returns whether there were any. */
  dropOldest(): boolean {
    const [oldest = this.#open] = this.#segments;
    const isEmpty = oldest.size === 0;
    if (oldest === this.#open) this.#seal();
    this.#segments.shift();
    // A sweep that is under way must not take it for the old one.
    if (this.#sweep === undefined) this.#spare = oldest.cleared();
    this.#measure();
    return !isEmpty;
  }

  get #open(): Segment {
    return this.#segments.at(-1) as Segment;
  }

  #seal(): void {
    this.settle();
    this.#unconsidered += this.#open.bytes;
    this.#segments.push(this.#spare ?? new Segment(this.#open));
    this.#spare = undefined;
    this.#linked = 0;
    this.#measure();
  }

  #measure(): void {
    this.#bytesOfSealed = 0;
    for (const segment of this.#segments) this.#bytesOfSealed += segment.bytes;
    this.#bytesOfSealed -= this.#open.bytes;
  }

  /**
   * Visits the entries of a track from the newest one back to that after `after`, while `visit` returns true. Returns
   * the serial of the first one that it could not visit, or 0.
   */
  #walk(
    slot: number,
    after: number,
    visit: (segment: Segment, index: number, place: number) => boolean,
  ): number {
    const segments = this.#segments;
    let at = segments.length - 1;
    let low = this.#newest[slot] as number;
    let serial = closestBefore(this.#serials.last, low);
    while (low !== NONE && serial > after) {
      while (at > 0 && serial < (segments[at] as Segment).first) at -= 1;
      const segment = segments[at] as Segment;
      const index = segment.indexOf(serial);
      const place = index < 0 ? -1 : segment.placeOf(index, slot);
      if (place < 0 || !visit(segment, index, place)) return serial;
      low = segment.before(place);
      serial = closestBefore(serial - 1, low);
    }
    return 0;
  }

  /** Whether an entry of a track could be read before the newest one came. */
  #canRead(slot: number, serial: number): boolean {
    let newer = 0;
    this.#walk(slot, serial, () => {
      newer += 1;
      return true;
    });
    return newer <= this.#limits.recentEvents;
  }

  *#find(post: PostKey): Generator<[Segment, number]> {
    const hash = hashOf(post);
    for (const segment of this.#segments) {
      for (const index of segment.find(post, hash)) yield [segment, index];
    }
  }

  #considerSweeping(): void {
    const { recentEvents, recentBytes } = this.#limits;
    const enough = Math.max(recentBytes * CONSIDERED_AFTER, this.bytes * CONSIDERED_AFTER_OWN);
    if (this.#sweep !== undefined || this.#unconsidered < enough) return;
    this.#unconsidered = 0;
    const slots = this.#newest.length;
    if (freeable(this.#segments, recentEvents, slots) < this.bytes * WORTH_A_SWEEP) return;
    this.#sweep = new Sweep(this.#segments, recentEvents, slots);
  }

  #goOnSweeping(): void {
    if (this.#sweep === undefined) return;
    this.#sweep.step(this.#segments);
    if (this.#sweep.isDone) this.#sweep = undefined;
    this.#measure();
  }
}
