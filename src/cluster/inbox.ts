// The topics of this node, and what arrives for them: in order, each event once, and nobody is left to
// think that there was nothing when something is missing.

import { hash } from 'node:crypto';
import { Recent } from '../recent.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { RelayCounters } from '../stream/cluster-state.ts';
import type { FeedSink } from '../stream/feed.ts';
import type { Relay } from '../stream/relay.ts';
import type { Track } from '../track/track.ts';
import type { UserError } from '../user-error.ts';
import { createEventReader, type Stamp } from './event.ts';
import type { Lane } from './leader.ts';

export interface InboxOptions<T> {
  readonly relay: Relay;
  readonly sink: FeedSink<T>;
  readonly counters: RelayCounters;
  /** An event has come, of this epoch. */
  readonly onEpoch: (epoch: number) => void;
  /** What has come is no event. */
  readonly onBad: () => void;
}

/** One topic of this node, and what it has seen last. */
interface Slot<T> {
  readonly track: Track;
  readonly outlet: T;
  /** Tells its posts from those of others. */
  readonly channel: string;
  unlisten: () => void;
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
const REMEMBERED_EVENTS = 50_000;

export class Inbox<T> {
  readonly #options: InboxOptions<T>;
  readonly #slots = new Map<string, Slot<T>>();
  readonly #recent = new Recent(REMEMBERED_EVENTS);
  readonly #read = createEventReader();
  #epoch = 0;

  constructor(options: InboxOptions<T>) {
    this.#options = options;
  }

  /** The newest of which there has been word. */
  get epoch(): number {
    return this.#epoch;
  }

  /** There is word of an epoch: what is older is of no use to anybody. */
  note(epoch: number): void {
    this.#epoch = Math.max(this.#epoch, epoch);
  }

  /** Nothing could be heard for a while: that is told before whatever comes next. */
  missed(): void {
    for (const slot of this.#slots.values()) slot.gap = true;
  }

  open(track: Track, outlet: T): void {
    const channel = channelOf(track.canonical);
    const slot: Slot<T> = {
      track,
      outlet,
      channel,
      unlisten: () => {},
      epoch: this.#epoch === 0 ? undefined : this.#epoch,
      number: undefined,
      gap: this.#epoch !== 0 && this.#options.relay.trouble !== undefined,
    };
    slot.unlisten = this.#options.relay.listen(channel, (bytes) => this.#receive(slot, bytes));
    this.#slots.set(track.canonical, slot);
  }

  close({ canonical }: Track): void {
    this.#slots.get(canonical)?.unlisten();
    this.#slots.delete(canonical);
  }

  /** An event that was made on this node. */
  deliver(event: SentimentEvent, lanes: readonly Lane[], stamps: readonly Stamp[]): void {
    const outlets: T[] = [];
    for (const [i, { want }] of lanes.entries()) {
      const slot = this.#slots.get(want.canonical);
      const stamp = stamps[i];
      if (slot && stamp && this.#accept(slot, stamp, event)) outlets.push(slot.outlet);
    }
    if (outlets.length > 0) this.#options.sink.event(event, outlets);
  }

  /** The node that ingests cannot follow a track. Whether there was a topic of it. */
  refuse(canonical: string, error: UserError): boolean {
    const slot = this.#slots.get(canonical);
    if (slot !== undefined) this.#options.sink.refused(slot.track, error);
    return slot !== undefined;
  }

  #receive(slot: Slot<T>, bytes: Uint8Array): void {
    const { sink, onEpoch, onBad } = this.#options;
    const read = this.#read(bytes);
    if (read === undefined) {
      onBad();
      return;
    }
    onEpoch(read.stamp.epoch);
    if (this.#accept(slot, read.stamp, read.event)) sink.event(read.event, [slot.outlet]);
  }

  /** Whether an event is to be delivered. If something may be missing before it, that is told first. */
  #accept(slot: Slot<T>, { epoch, number }: Stamp, { post }: SentimentEvent): boolean {
    const { counters, sink } = this.#options;
    this.note(epoch);
    if (epoch < this.#epoch || (epoch === slot.epoch && number <= (slot.number ?? 0))) {
      counters.repeated += 1;
      return false;
    }
    // Who listens since before this epoch may have missed what lies between it and the last one.
    const isNext = slot.number === undefined || number === slot.number + 1;
    if (slot.epoch !== undefined && (slot.epoch !== epoch || !isNext)) slot.gap = true;
    slot.epoch = epoch;
    slot.number = number;
    if (this.#recent.check(`${slot.channel} ${post.source} ${post.id}`)) {
      counters.repeated += 1;
      return false;
    }
    if (slot.gap) {
      slot.gap = false;
      counters.gaps += 1;
      sink.gap(slot.outlet);
    }
    return true;
  }
}

/** A topic's name between nodes: subjects refuse spaces, so it is a hash, of 128 bits. */
export function channelOf(canonical: string): string {
  return hash('sha256', canonical, 'buffer').subarray(0, 16).toString('base64url');
}
