// Events that were recorded, until they are handed out track by track. A post may match hundreds of tracks, and what is
// kept of each lies elsewhere in memory. So it is cheaper to go to a track once, for many events.

import { withRoomFor } from '../base/numbers.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
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
  /** The numbers of the events, which are the indexes of the other arrays. */
  readonly numbers: Readonly<Uint16Array>;
  /** The keys of their entries. */
  readonly keys: Readonly<Uint32Array>;
  readonly sources: readonly string[];
  readonly polarities: Readonly<Uint8Array>;
  /** Times SCORE_SCALE. */
  readonly scores: Readonly<Int16Array>;
  /** The numbers of their hashtags in the running minute. */
  readonly tags: readonly (readonly number[])[];
}

/** For an event without hashtags, or one that is not counted. */
export const NO_TAGS: readonly number[] = [];

export class Pending implements Run {
  from = 0;
  to = 0;
  numbers = new Uint16Array(1024);
  readonly keys = new Uint32Array(MAX_EVENTS);
  readonly sources: string[] = [];
  readonly polarities = new Uint8Array(MAX_EVENTS);
  readonly scores = new Int16Array(MAX_EVENTS);
  readonly tags: (readonly number[])[] = [];
  #events = 0;
  /** The slots of each event, one event after another, and where those of an event end. */
  #slots = new Uint32Array(1024);
  readonly #ends = new Uint32Array(MAX_EVENTS);
  #pairs = 0;
  /** By slot: how many events it has, and later, where they end among the numbers. */
  #counts = new Uint32Array(64);
  /** The slots with events. */
  readonly #touched: number[] = [];

  /** Prepares for events of a slot. */
  open(slot: number): void {
    this.#counts = withRoomFor(this.#counts, slot);
  }

  /** Whether an event of `pairs` tracks has to wait until the others are handed out. */
  isFull(pairs: number): boolean {
    return this.#events === MAX_EVENTS || this.#pairs + pairs > MAX_PAIRS;
  }

  add(
    { post, polarityIndex, score }: SentimentEvent,
    key: number,
    matched: readonly number[],
    tags: readonly number[],
  ): void {
    const number = this.#events;
    this.#events += 1;
    this.keys[number] = key;
    this.sources[number] = post.source;
    this.polarities[number] = polarityIndex;
    this.scores[number] = Math.round(score * SCORE_SCALE);
    this.tags[number] = tags;
    let end = this.#pairs;
    this.#slots = withRoomFor(this.#slots, end + matched.length);
    const slots = this.#slots;
    const counts = this.#counts;
    for (const slot of matched) {
      slots[end] = slot;
      end += 1;
      const count = counts[slot] as number;
      if (count === 0) this.#touched.push(slot);
      counts[slot] = count + 1;
    }
    this.#pairs = end;
    this.#ends[number] = end;
  }

  /** Hands out everything, track by track. `take` must not add anything. */
  handOut(take: (slot: number, run: Run) => void): void {
    if (this.#events > 0) this.#sort();
    this.from = 0;
    for (const slot of this.#touched) {
      this.to = this.#counts[slot] as number;
      this.#counts[slot] = 0;
      take(slot, this);
      this.from = this.to;
    }
    this.#touched.length = 0;
    this.#pairs = 0;
    this.#events = 0;
  }

  /** Sorts the numbers of the events by slot. */
  #sort(): void {
    const places = this.#counts;
    let begin = 0;
    for (const slot of this.#touched) {
      const count = places[slot] as number;
      places[slot] = begin;
      begin += count;
    }
    this.numbers = withRoomFor(this.numbers, this.#pairs);
    const { numbers } = this;
    const slots = this.#slots;
    let pair = 0;
    for (let number = 0; number < this.#events; number += 1) {
      for (const end = this.#ends[number] as number; pair < end; pair += 1) {
        const slot = slots[pair] as number;
        const place = places[slot] as number;
        numbers[place] = number;
        places[slot] = place + 1;
      }
    }
  }
}
