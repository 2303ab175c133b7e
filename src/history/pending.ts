// Events that were recorded, until they are handed out track by track. A post may match hundreds of tracks, and what is
// kept of each lies elsewhere in memory. So it is cheaper to go to a track once, for many events.

import { withRoomFor } from '../base/numbers.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { Recorded } from '../stream/recorder.ts';
import { SCORE_SCALE } from './store.ts';

/**
 * Handing out this many holds the loop up for some milliseconds. Handing out fewer at once costs more for each, as most
 * tracks would get only one or two events.
 */
const MAX_PAIRS = 131_072;
const MAX_EVENTS = 4096;

/** The events of one track, oldest first: those from `from` until before `to`. The same object for all tracks. */
export interface Run {
  readonly from: number;
  readonly to: number;
  /** The number of an event, by which the rest is found. */
  numberAt(index: number): number;
  /** Of their entries. */
  readonly keys: Readonly<Uint32Array>;
  readonly sources: readonly string[];
  readonly polarities: Readonly<Uint8Array>;
  /** Times SCORE_SCALE. */
  readonly scores: Readonly<Int16Array>;
  /** The numbers of their hashtags in the running minute. */
  readonly tags: readonly (readonly number[])[];
}

/** Of an event without hashtags, or one that is not counted. */
export const NO_TAGS: readonly number[] = [];

export class Pending implements Run {
  from = 0;
  to = 0;
  readonly keys = new Uint32Array(MAX_EVENTS);
  readonly sources: string[] = [];
  readonly polarities = new Uint8Array(MAX_EVENTS);
  readonly scores = new Int16Array(MAX_EVENTS);
  readonly tags: (readonly number[])[] = [];
  #events = 0;
  /** Pairs of a slot and the number of an event. */
  #slots = new Uint32Array(1024);
  #numbers = new Uint16Array(1024);
  #pairs = 0;
  /** The numbers of events, sorted by slot. */
  #sorted = new Uint16Array(1024);
  /** By slot: how many pairs it has, and later, where they end among the sorted ones. */
  #ends = new Uint32Array(64);
  /** The slots with pairs. */
  readonly #touched: number[] = [];

  /** Whether an event of `pairs` tracks has to wait until the others are handed out. */
  isFull(pairs: number): boolean {
    return this.#events === MAX_EVENTS || this.#pairs + pairs > MAX_PAIRS;
  }

  add(
    { post, polarityIndex, score }: SentimentEvent,
    key: number,
    recorded: readonly Recorded[],
    tags: readonly number[],
  ): void {
    const number = this.#events;
    this.#events += 1;
    this.keys[number] = key;
    this.sources[number] = post.source;
    this.polarities[number] = polarityIndex;
    this.scores[number] = Math.round(score * SCORE_SCALE);
    this.tags[number] = tags;
    const end = this.#pairs + recorded.length;
    this.#slots = withRoomFor(this.#slots, end);
    this.#numbers = withRoomFor(this.#numbers, end);
    for (const { slot } of recorded) {
      this.#slots[this.#pairs] = slot;
      this.#numbers[this.#pairs] = number;
      this.#pairs += 1;
    }
  }

  numberAt(index: number): number {
    return this.#sorted[index] as number;
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
    this.#events = 0;
  }

  /** Sorts by counting: twice through the pairs, in the order in which they came. */
  #sort(): void {
    const pairs = this.#pairs;
    const slots = this.#slots;
    const touched = this.#touched;
    for (let i = 0; i < pairs; i += 1) {
      const slot = slots[i] as number;
      this.#ends = withRoomFor(this.#ends, slot);
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
    this.#sorted = withRoomFor(this.#sorted, pairs);
    const sorted = this.#sorted;
    for (let i = 0; i < pairs; i += 1) {
      const slot = slots[i] as number;
      const place = ends[slot] as number;
      sorted[place] = this.#numbers[i] as number;
      ends[slot] = place + 1;
    }
  }
}
