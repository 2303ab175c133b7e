// What arrives for the topics of this node: in order, each event once, and nobody is left to think that
// there was nothing when something is missing.

import { Recent } from '../recent.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { RelayCounters } from '../stream/cluster-state.ts';
import type { Stamp } from './event.ts';

/** One topic of this node, and what it has seen last. */
export interface Slot<T> {
  readonly outlet: T;
  /** Tells its posts from those of others. */
  readonly channel: string;
  /** Undefined while it has seen none. */
  epoch: number | undefined;
  number: number | undefined;
  /** Something may be missing before the next event. */
  gap: boolean;
}

/**
 * Events remembered to tell repeats, over all topics. Only a change of the node that ingests can bring
 * any, and that takes seconds.
 */
export const REMEMBERED_EVENTS = 50_000;

export class Inbox<T> {
  readonly #counters: RelayCounters;
  readonly #onGap: (outlet: T) => void;
  readonly #recent = new Recent(REMEMBERED_EVENTS);
  #epoch = 0;

  constructor(counters: RelayCounters, onGap: (outlet: T) => void) {
    this.#counters = counters;
    this.#onGap = onGap;
  }

  /** The newest of which there has been word; what is older is of no use to anybody. */
  get epoch(): number {
    return this.#epoch;
  }

  /** There is word of an epoch. */
  note(epoch: number): void {
    this.#epoch = Math.max(this.#epoch, epoch);
  }

  open(channel: string, outlet: T): Slot<T> {
    const epoch = this.#epoch === 0 ? undefined : this.#epoch;
    return { outlet, channel, epoch, number: undefined, gap: false };
  }

  /** Whether an event is to be delivered. If something may be missing before it, that is told first. */
  accept(slot: Slot<T>, { epoch, number }: Stamp, { post }: SentimentEvent): boolean {
    this.note(epoch);
    if (epoch < this.#epoch || (epoch === slot.epoch && number <= (slot.number ?? 0))) {
      this.#counters.repeated += 1;
      return false;
    }
    const isNext = slot.number === undefined || number === slot.number + 1;
    // Who listens since before this epoch may have missed what lies between it and the last one.
    if (slot.epoch === undefined ? false : slot.epoch !== epoch || !isNext) slot.gap = true;
    slot.epoch = epoch;
    slot.number = number;
    if (this.#recent.check(`${slot.channel} ${post.source} ${post.id}`)) {
      this.#counters.repeated += 1;
      return false;
    }
    if (slot.gap) {
      slot.gap = false;
      this.#counters.gaps += 1;
      this.#onGap(slot.outlet);
    }
    return true;
  }
}
