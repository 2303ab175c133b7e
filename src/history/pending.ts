// Events that were recorded, until they are handed out track by track. A post may match hundreds of tracks, and what is
// kept of each lies elsewhere in memory. So it is cheaper to go to a track once, for many events.

import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { Recorded } from '../stream/recorder.ts';

/** Handing out this many takes a few milliseconds, even if each post matches hundreds of tracks. */
const MAX_PAIRS = 32_768;
const MAX_EVENTS = 4096;

/** The events of one track, oldest first: those from `from` until before `to`. The same object for all tracks. */
export interface Run {
  readonly from: number;
  readonly to: number;
  eventAt(index: number): SentimentEvent;
  /** The key of its entry. */
  keyAt(index: number): number;
}

export class Pending implements Run {
  from = 0;
  to = 0;
  readonly #events: SentimentEvent[] = [];
  readonly #keys: number[] = [];
  /** Pairs of a slot and the number of an event. */
  #slots = new Uint32Array(MAX_PAIRS);
  #numbers = new Uint16Array(MAX_PAIRS);
  #pairs = 0;
  /** The numbers of events, sorted by slot. */
  #sorted = new Uint16Array(MAX_PAIRS);
  /** By slot: how many pairs it has, and later, where they end among the sorted ones. */
  #ends = new Uint32Array(64);
  /** The slots with pairs. */
  readonly #touched: number[] = [];

  /** Whether an event of `pairs` tracks has to wait until the others are handed out. */
  isFull(pairs: number): boolean {
    return this.#events.length === MAX_EVENTS || this.#pairs + pairs > MAX_PAIRS;
  }

  add(event: SentimentEvent, key: number, recorded: readonly Recorded[]): void {
    const number = this.#events.length;
    this.#events.push(event);
    this.#keys.push(key);
    if (recorded.length > this.#slots.length) this.#growTo(recorded.length);
    for (const { slot } of recorded) {
      this.#slots[this.#pairs] = slot;
      this.#numbers[this.#pairs] = number;
      this.#pairs += 1;
    }
  }

  eventAt(index: number): SentimentEvent {
    return this.#events[this.#sorted[index] as number] as SentimentEvent;
  }

  keyAt(index: number): number {
    return this.#keys[this.#sorted[index] as number] as number;
  }

  /** Hands out everything, track by track. `take` must not add anything. */
  handOut(take: (slot: number, run: Run) => void): void {
    if (this.#pairs > 0) this.#sort();
    this.from = 0;
    for (const slot of this.#touched) {
      this.to = this.#ends[slot] as number;
      this.#ends[slot] = 0;
      take(slot, this);
      this.from = this.to;
    }
    this.#touched.length = 0;
    this.#pairs = 0;
    this.#events.length = 0;
    this.#keys.length = 0;
  }

  /** Sorts by counting: twice through the pairs, in the order in which they came. */
  #sort(): void {
    const pairs = this.#pairs;
    const slots = this.#slots;
    const touched = this.#touched;
    for (let i = 0; i < pairs; i += 1) {
      const slot = slots[i] as number;
      if (slot >= this.#ends.length) this.#growEndsTo(slot + 1);
      const count = this.#ends[slot] as number;
      if (count === 0) touched.push(slot);
      this.#ends[slot] = count + 1;
    }
    const ends = this.#ends;
    let begin = 0;
    for (const slot of touched) {
      const count = ends[slot] as number;
      ends[slot] = begin;
      begin += count;
    }
    const sorted = this.#sorted;
    for (let i = 0; i < pairs; i += 1) {
      const slot = slots[i] as number;
      const place = ends[slot] as number;
      sorted[place] = this.#numbers[i] as number;
      ends[slot] = place + 1;
    }
  }

  #growTo(pairs: number): void {
    const slots = new Uint32Array(pairs);
    slots.set(this.#slots);
    const numbers = new Uint16Array(pairs);
    numbers.set(this.#numbers);
    this.#slots = slots;
    this.#numbers = numbers;
    this.#sorted = new Uint16Array(pairs);
  }

  #growEndsTo(length: number): void {
    const ends = new Uint32Array(2 ** Math.ceil(Math.log2(length)));
    ends.set(this.#ends);
    this.#ends = ends;
  }
}
