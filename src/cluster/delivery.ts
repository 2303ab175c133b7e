// The topics of this node, and what arrives for them: in order, each event once, and nobody is left to
// think that there was nothing when something is missing.

import { hash } from 'node:crypto';
import { SeenKeys } from '../base/seen-keys.ts';
import type { UserError } from '../base/user-error.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { RelayCounters } from '../stream/cluster-state.ts';
import type { FeedSink } from '../stream/feed.ts';
import type { Relay } from '../stream/relay.ts';
import type { Track } from '../track/track.ts';
import { createEventReader, readStamp, type Stamp } from './event-message.ts';
import type { Lane } from './leader.ts';
import type { Term, Terms } from './term.ts';

export interface InboxOptions<T> {
  readonly relay: Relay;
  readonly sink: FeedSink<T>;
  readonly counters: RelayCounters;
  readonly terms: Terms;
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
  /** Undefined while none was on. */
  term: Term | undefined;
  /** Of the last event; undefined while there was none. */
  number: number | undefined;
  /** Something may be missing before the next event. */
  gap: boolean;
}

/**
 * Events remembered to tell repeats, over all topics. Only a change of the node that ingests can bring
 * any, and that takes seconds.
 */
const REMEMBERED_EVENTS = 50_000;
/** Of an event that needs more to be told from others, a hash is remembered. */
const REMEMBERED_CHARACTERS = 200;

export class Inbox<T> {
  readonly #options: InboxOptions<T>;
  readonly #slots = new Map<string, Slot<T>>();
  readonly #recent = new SeenKeys(REMEMBERED_EVENTS);
  readonly #read = createEventReader();

  constructor(options: InboxOptions<T>) {
    this.#options = options;
  }

  /** Nothing could be heard for a while: that is told before whatever comes next. */
  missed(): void {
    for (const slot of this.#slots.values()) slot.gap = true;
  }

  open(track: Track, outlet: T): void {
    const channel = channelOf(track.canonical);
    const { relay, terms } = this.#options;
    const { term } = terms;
    const slot: Slot<T> = {
      track,
      outlet,
      channel,
      unlisten: () => {},
      term,
      number: undefined,
      gap: term !== undefined && relay.trouble !== undefined,
    };
    slot.unlisten = relay.listen(channel, (bytes) => this.#receive(slot, bytes));
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
    if (slot !== undefined) this.#options.sink.rejected(slot.track, error);
    return slot !== undefined;
  }

  #receive(slot: Slot<T>, bytes: Uint8Array): void {
    const { sink, onBad } = this.#options;
    const stamp = readStamp(bytes);
    if (stamp !== undefined && !this.#isOn(slot, stamp)) return;
    const read = this.#read(bytes);
    if (read === undefined) onBad();
    else if (this.#accept(slot, read.stamp, read.event)) sink.event(read.event, [slot.outlet]);
  }

  /** Whether an event is of the term that is on, as far as the keeper of the lease has said. */
  #isOn(slot: Slot<T>, { epoch }: Stamp): boolean {
    const { counters, terms } = this.#options;
    if (epoch === terms.term?.epoch) return true;
    counters.repeated += 1;
    // If it is of a new term, the next event that is accepted tells of a gap, as the topic is of an older one.
    slot.term ??= terms.term;
    if (slot.term === undefined) slot.gap = true;
    terms.ask();
    return false;
  }

  /** Whether an event is to be delivered. If something may be missing before it, that is told first. */
  #accept(slot: Slot<T>, { number }: Stamp, { post }: SentimentEvent): boolean {
    const { counters, sink, terms } = this.#options;
    const { term } = terms;
    // A topic that was open before this term may have missed what lies between it and the last one. A
    // number that is too low is no repeat: only a forged event before it can have been too high.
    const isNext = slot.number === undefined || number === slot.number + 1;
    if (slot.term !== undefined && (slot.term !== term || !isNext)) slot.gap = true;
    slot.term = term;
    slot.number = number;
    const key = `${slot.channel} ${post.source} ${post.id}`;
    if (this.#recent.check(key.length > REMEMBERED_CHARACTERS ? channelOf(key) : key)) {
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
