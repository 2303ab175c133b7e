// A part of the log of recent events: entries in the order in which they came, and the slots of the tracks that keep each.
// A post may match hundreds of tracks, so what there is for each of them is two plain numbers, side by side with the others.

import { withRoomFor } from '../base/numbers.ts';
import type { PostKey } from '../base/post.ts';
import { bytesOf, type Entry } from './entries.ts';
import { hashOf, PostIndex } from './post-index.ts';
import { lowBits } from './serials.ts';

export const MAX_ENTRIES = 1024;
export const MAX_PLACES = 131_072;
/** Stands for the slot of a track that has given up its place for an entry. */
const NOBODY = 0xffff_ffff;
/** What the place of an entry among those of a track takes: two numbers, and some of the room is not used. */
const PLACE_BYTES = 12;

export class Segment {
  /** Undefined once no track keeps it. */
  readonly entries: (Entry | undefined)[] = [];
  /** By entry. */
  #serials = new Float64Array();
  /** By entry: where its places end. They begin where those of the entry before end. */
  ends: Uint32Array<ArrayBuffer> = new Uint32Array();
  /** By entry: how many tracks keep it. */
  #keptBy = new Uint32Array();
  /** By place. */
  slots: Uint32Array<ArrayBuffer>;
  /** By place: the low bits of the serial of the entry before, among those of the same track. */
  #before: Uint32Array;
  /** Places, and entries, that tracks still keep. */
  keptPlaces = 0;
  keptEntries = 0;
  /** Bytes in use, by estimate. */
  bytes = 0;
  #index: PostIndex | undefined;

  /** Has room for as much as another segment has, since growing costs time. */
  constructor({ size, places }: Pick<Segment, 'size' | 'places'> = { size: 16, places: 64 }) {
    this.#makeRoom(size);
    this.slots = withRoomFor(new Uint32Array(), places);
    this.#before = withRoomFor(new Uint32Array(), places);
  }

  get size(): number {
    return this.entries.length;
  }

  get places(): number {
    return this.begin(this.size);
  }

  /** The serial of the first entry; Infinity without one. */
  get first(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.serial(0);
  }

  /** Where the places of an entry begin. */
  begin(index: number): number {
    return index === 0 ? 0 : (this.ends[index - 1] as number);
  }

  serial(index: number): number {
    return this.#serials[index] as number;
  }

  add(entry: Entry, serial: number, slots: readonly number[]): void {
    const index = this.size;
    const begin = this.places;
    const end = begin + slots.length;
    if (index >= this.ends.length) this.#makeRoom(index);
    if (end >= this.slots.length) this.slots = withRoomFor(this.slots, end);
    const all = this.slots;
    for (let i = 0; i < slots.length; i += 1) all[begin + i] = slots[i] as number;
    this.entries.push(entry);
    this.#serials[index] = serial;
    this.#keptBy[index] = slots.length;
    this.ends[index] = end;
    this.keptEntries += 1;
    this.keptPlaces += slots.length;
    this.bytes += bytesOf(entry) + PLACE_BYTES * slots.length;
  }

  /** One more track keeps the last entry. */
  share(slot: number): void {
    const index = this.size - 1;
    const place = this.places;
    this.slots = withRoomFor(this.slots, place);
    this.slots[place] = slot;
    this.ends[index] = place + 1;
    this.#keptBy[index] = (this.#keptBy[index] as number) + 1;
    this.keptPlaces += 1;
    this.bytes += PLACE_BYTES;
  }

  /** The same object without entries, but with room for as many. */
  cleared(): this {
    this.entries.length = 0;
    this.keptEntries = 0;
    this.keptPlaces = 0;
    this.bytes = 0;
    this.#index = undefined;
    return this;
  }

  /** Links the entries from `from` on to those before, track by track. `newest` has the low bits of the newest serial of each. */
  link(from: number, newest: Uint32Array): void {
    this.#before = withRoomFor(this.#before, this.slots.length - 1);
    const { slots, ends } = this;
    const before = this.#before;
    let place = this.begin(from);
    for (let index = from; index < this.size; index += 1) {
      const low = lowBits(this.#serials[index] as number);
      for (const end = ends[index] as number; place < end; place += 1) {
        const slot = slots[place] as number;
        before[place] = newest[slot] as number;
        newest[slot] = low;
      }
    }
  }

  /** A copy of the slots of the entries from `from` on. `ends` counts from `begin`. */
  slotsFrom(from: number) {
    const begin = this.begin(from);
    return {
      slots: this.slots.slice(begin, this.places),
      ends: this.ends.slice(from, this.size),
      begin,
    };
  }

  /** The low bits of the serial before that at a place. */
  before(place: number): number {
    return this.#before[place] as number;
  }

  /** The index of the entry with this serial, or -1. */
  indexOf(serial: number): number {
    const serials = this.#serials;
    let low = 0;
    let high = this.size - 1;
    while (low <= high) {
      const first = serials[low] as number;
      const last = serials[high] as number;
      if (serial < first || serial > last) return -1;
      // Serials grow by one for each event, unless some are left out.
      const share = first === last ? 0 : (serial - first) / (last - first);
      const guess = low + Math.round(share * (high - low));
      const found = serials[guess] as number;
      if (found === serial) return guess;
      if (found < serial) low = guess + 1;
      else high = guess - 1;
    }
    return -1;
  }

  /** The place of an entry among those of a track, or -1 if that does not keep it. */
  placeOf(index: number, slot: number): number {
    const end = this.ends[index] as number;
    for (let place = this.begin(index); place < end; place += 1) {
      if (this.slots[place] === slot) return place;
    }
    return -1;
  }

  /** The slots of the tracks that keep an entry. */
  slotsOf(index: number): Uint32Array {
    const slots = this.slots.subarray(this.begin(index), this.ends[index]);
    return slots.filter((slot) => slot !== NOBODY);
  }

  /** A track gives up its place for an entry. */
  free(index: number, place: number): void {
    this.slots[place] = NOBODY;
    this.#freed(index, 1);
  }

  /** A track gives up all of its places. */
  freeAll(slot: number): void {
    const { slots } = this;
    let index = 0;
    for (let place = slots.indexOf(slot); place >= 0; place = slots.indexOf(slot, place + 1)) {
      while (index < this.size && place >= (this.ends[index] as number)) index += 1;
      // What lies behind was left by the entries before, when the room is used again.
      if (index === this.size) return;
      this.free(index, place);
    }
  }

  /**
   * Bytes that one entry in `every` would give back if each track kept the newest `most` of these entries. `seen` counts
   * by slot, from the newest segment on.
   */
  freeable(every: number, most: number, seen: Uint32Array): number {
    const { slots } = this;
    const entryBytes = (this.bytes - PLACE_BYTES * this.keptPlaces) / this.keptEntries;
    let bytes = 0;
    for (let index = this.size - 1; index >= 0; index -= every) {
      if (this.#keptBy[index] === 0) continue;
      let kept = 0;
      let freed = 0;
      const end = this.ends[index] as number;
      for (let place = this.begin(index); place < end; place += 1) {
        const slot = slots[place] as number;
        if (slot >= seen.length) continue;
        const newer = seen[slot] as number;
        if (newer < most) {
          seen[slot] = newer + 1;
          kept += 1;
        } else freed += 1;
      }
      bytes += PLACE_BYTES * freed + (kept === 0 ? entryBytes : 0);
    }
    return bytes;
  }

  /** Each track gives up its places but the newest `most`. `seen` counts by slot, from the newest segment on. */
  freeBeyond(most: number, seen: Uint32Array): void {
    const { slots } = this;
    let place = this.places - 1;
    for (let index = this.size - 1; index >= 0; index -= 1) {
      let freed = 0;
      for (const begin = this.begin(index); place >= begin; place -= 1) {
        const slot = slots[place] as number;
        // Of a slot that was opened since the sweep began, all is new.
        if (slot >= seen.length) continue;
        const newer = seen[slot] as number;
        if (newer < most) seen[slot] = newer + 1;
        else {
          slots[place] = NOBODY;
          freed += 1;
        }
      }
      if (freed > 0) this.#freed(index, freed);
    }
  }

  /** Adds what is kept of another segment, whose entries are newer. */
  addKept(other: Segment): void {
    for (const [index, entry] of other.entries.entries()) {
      if (entry === undefined) continue;
      const begin = other.begin(index);
      const end = other.ends[index] as number;
      const kept: number[] = [];
      const to = this.places;
      this.#before = withRoomFor(this.#before, to + end - begin);
      for (let place = begin; place < end; place += 1) {
        if (other.slots[place] === NOBODY) continue;
        this.#before[to + kept.length] = other.before(place);
        kept.push(other.slots[place] as number);
      }
      this.add(entry, other.serial(index), kept);
    }
  }

  /** The indexes of the events of a post, which has this hash. */
  *find(post: PostKey, hash: number): Generator<number> {
    this.#index ??= new PostIndex();
    while (this.#index.size < this.size) {
      const known = this.entries[this.#index.size]?.post;
      this.#index.add(known && hashOf(known));
    }
    for (const index of this.#index.find(hash)) {
      const found = this.entries[index]?.post;
      if (found?.id === post.id && found.source === post.source) yield index;
    }
  }

  /** Puts another entry in the place of one. */
  replace(index: number, entry: Entry): void {
    this.bytes += bytesOf(entry) - bytesOf(this.entries[index] as Entry);
    this.entries[index] = entry;
  }

  /** Makes room for an entry with this index. */
  #makeRoom(index: number): void {
    this.#serials = withRoomFor(this.#serials, index);
    this.ends = withRoomFor(this.ends, index);
    this.#keptBy = withRoomFor(this.#keptBy, index);
  }

  #freed(index: number, places: number): void {
    this.keptPlaces -= places;
    this.bytes -= PLACE_BYTES * places;
    const keptBy = (this.#keptBy[index] as number) - places;
    this.#keptBy[index] = keptBy;
    if (keptBy > 0) return;
    this.keptEntries -= 1;
    this.bytes -= bytesOf(this.entries[index] as Entry);
    this.entries[index] = undefined;
  }
}
