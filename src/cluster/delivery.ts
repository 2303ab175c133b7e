// Delivers events to the topics of this node: those of the current term, in order, each once. Where events may be
// missing, it reports a gap.

import { SeenKeys } from '../base/seen-keys.ts';
import type { UserError } from '../base/user-error.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { RelayCounters } from '../stream/cluster-state.ts';
import type { FeedSink } from '../stream/feed.ts';
import type { Recorder, Recording, Stretch } from '../stream/recorder.ts';
import type { Relay } from '../stream/relay.ts';
import type { Track } from '../track/track.ts';
import type { Election } from './election.ts';
import { channelOf, createEventReader, type EventHeader, readHeader } from './event-message.ts';
import type { Want } from './interest.ts';
import type { Term } from './term.ts';

interface DeliveryOptions<T> {
  readonly relay: Relay;
  readonly sink: FeedSink<T>;
  readonly counters: RelayCounters;
  readonly election: Pick<Election, 'term' | 'verify'>;
  /** Keeps the events that other nodes send. Those that this node makes are recorded as it makes them. */
  readonly recorder: Recorder;
  /** Whether clients get the texts of posts. */
  readonly postText: boolean;
  /** A message on an event channel is not an event. */
  readonly onBad: () => void;
}

/** An open track, and the last event that was delivered for it. */
interface Subscription<T> {
  readonly track: Track;
  readonly outlet: T;
  readonly channel: string;
  readonly recording: Recording;
  readonly unlisten: () => void;
  /** Undefined while there was no term. */
  term: Term | undefined;
  /** Undefined while there was no event. */
  sequence: number | undefined;
  /** Whether events may be missing before the next one. */
  gap: boolean;
}

/** How many events are remembered to detect repeats. Only a new leader repeats any, for a few seconds. */
const REMEMBERED_EVENTS = 50_000;
/** A new leader repeats only events that are younger, in milliseconds. */
const REPEATED_WITHIN_MS = 30_000;
/** A longer key of an event is remembered as its hash. */
const REMEMBERED_CHARACTERS = 200;

export class Delivery<T> {
  readonly #options: DeliveryOptions<T>;
  readonly #subscriptions = new Map<string, Subscription<T>>();
  readonly #recent = new SeenKeys(REMEMBERED_EVENTS);
  readonly #read: ReturnType<typeof createEventReader>;

  constructor(options: DeliveryOptions<T>) {
    this.#options = options;
    this.#read = createEventReader(options.postText);
  }

  /** Reports a gap before the next event of every track, because this node was cut off. */
  markGaps(): void {
    for (const subscription of this.#subscriptions.values()) subscription.gap = true;
  }

  /** Reports a gap before the next event of one track, because the source has told this node of one. */
  markGap({ canonical }: Want): void {
    const subscription = this.#subscriptions.get(canonical);
    if (subscription !== undefined) subscription.gap = true;
  }

  open(track: Track, outlet: T): void {
    const channel = channelOf(track.canonical);
    const { relay, election, recorder } = this.#options;
    const { term } = election;
    const subscription: Subscription<T> = {
      track,
      outlet,
      channel,
      recording: recorder.open(track),
      unlisten: relay.listen(channel, (bytes) => this.#receive(subscription, bytes)),
      term,
      sequence: undefined,
      gap: term !== undefined && relay.offlineReason !== undefined,
    };
    this.#subscriptions.set(track.canonical, subscription);
  }

  close({ canonical }: Track): void {
    const subscription = this.#subscriptions.get(canonical);
    subscription?.unlisten();
    subscription?.recording.close();
    this.#subscriptions.delete(canonical);
  }

  /**
   * The node that ingests has told what it kept of an open track. Its next event there has the number after `sequence`,
   * and those that it told may be repeated by a new leader.
   */
  continueFrom({ canonical }: Track, sequence: number, { until, entries }: Stretch): void {
    const subscription = this.#subscriptions.get(canonical);
    if (subscription === undefined) return;
    const { term } = this.#options.election;
    subscription.term ??= term;
    if (subscription.term === term) subscription.sequence ??= sequence;
    for (const { event } of entries) {
      if (event !== undefined && event.position.time > until.time - REPEATED_WITHIN_MS) {
        this.#isRepeat(subscription, event);
      }
    }
  }

  /** Delivers an event that this node has made. None can be lost on the way, so it needs no sequence number. */
  deliver(event: SentimentEvent, wants: readonly Want[]): void {
    const outlets: T[] = [];
    for (const { canonical } of wants) {
      const subscription = this.#subscriptions.get(canonical);
      if (subscription && this.#accept(subscription, undefined, event, false)) {
        outlets.push(subscription.outlet);
      }
    }
    if (outlets.length > 0) this.#options.sink.event(event, outlets);
  }

  /** The node that ingests cannot follow a track. Returns false if the track is not open here. */
  reject(canonical: string, error: UserError): boolean {
    const subscription = this.#subscriptions.get(canonical);
    if (subscription !== undefined) this.#options.sink.rejected(subscription.track, error);
    return subscription !== undefined;
  }

  #receive(subscription: Subscription<T>, bytes: Uint8Array): void {
    const { sink, onBad } = this.#options;
    const header = readHeader(bytes);
    if (header !== undefined && !this.#isCurrent(subscription, header)) return;
    const read = this.#read(bytes);
    if (read === undefined) onBad();
    else if (this.#accept(subscription, read.header.sequence, read.event, true)) {
      this.#options.recorder.event(read.event, [subscription.recording.slot]);
      sink.event(read.event, [subscription.outlet]);
    }
  }

  /** Whether an event is of the current term. */
  #isCurrent(subscription: Subscription<T>, { epoch }: EventHeader): boolean {
    const { counters, election } = this.#options;
    if (epoch === election.term?.epoch) return true;
    counters.repeated += 1;
    // If the event is of a new term, the first one that is accepted in that term reports the gap.
    subscription.term ??= election.term;
    if (subscription.term === undefined) subscription.gap = true;
    election.verify();
    return false;
  }

  /** Whether to deliver an event. Reports a gap first if events may be missing before it. */
  #accept(
    subscription: Subscription<T>,
    sequence: number | undefined,
    event: SentimentEvent,
    isRecorded: boolean,
  ): boolean {
    const { counters, sink, election } = this.#options;
    const { term } = election;
    const last = subscription.sequence;
    // A number that is too low is no repeat: only a forged event before it can have been too high.
    const isNext = last === undefined || sequence === undefined || sequence === last + 1;
    // Events may be missing between two terms, even if the numbers fit.
    const isSameTerm = subscription.term === term;
    if (subscription.term !== undefined && !(isSameTerm && isNext)) subscription.gap = true;
    subscription.term = term;
    subscription.sequence = sequence;
    if (this.#isRepeat(subscription, event)) {
      counters.repeated += 1;
      return false;
    }
    if (subscription.gap) {
      subscription.gap = false;
      counters.gaps += 1;
      if (isRecorded)
        subscription.recording.gap({ ...event.position, number: event.position.number - 1 });
      sink.gap(subscription.outlet);
    }
    return true;
  }

  /** Whether an event was delivered before; it is remembered from now on. */
  #isRepeat({ channel }: Subscription<T>, { post }: SentimentEvent): boolean {
    const key = `${channel} ${post.source} ${post.id}`;
    return this.#recent.check(key.length > REMEMBERED_CHARACTERS ? channelOf(key) : key);
  }
}
