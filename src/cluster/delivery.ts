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
interface OpenTrack<T> {
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
  readonly #tracks = new Map<string, OpenTrack<T>>();
  readonly #recent = new SeenKeys(REMEMBERED_EVENTS);
  readonly #read: ReturnType<typeof createEventReader>;

  constructor(options: DeliveryOptions<T>) {
    this.#options = options;
    this.#read = createEventReader(options.postText);
  }

  /** Reports a gap before the next event of every track, because this node was cut off. */
  markGaps(): void {
    for (const opened of this.#tracks.values()) opened.gap = true;
  }

  /** Reports a gap before the next event of one track, because the source has told this node of one. */
  markGap({ canonical }: Want): void {
    const opened = this.#tracks.get(canonical);
    if (opened !== undefined) opened.gap = true;
  }

  open(track: Track, outlet: T): void {
    const channel = channelOf(track.canonical);
    const { relay, election, recorder } = this.#options;
    const { term } = election;
    const opened: OpenTrack<T> = {
      track,
      outlet,
      channel,
      recording: recorder.open(track),
      unlisten: relay.listen(channel, (bytes) => this.#receive(opened, bytes)),
      term,
      sequence: undefined,
      gap: term !== undefined && relay.offlineReason !== undefined,
    };
    this.#tracks.set(track.canonical, opened);
  }

  close({ canonical }: Track): void {
    const opened = this.#tracks.get(canonical);
    opened?.unlisten();
    opened?.recording.close();
    this.#tracks.delete(canonical);
  }

  /**
   * The node that ingests has sent what it kept of an open track. Its next event of the track has the number after
   * `sequence`. A new leader may repeat the events that it has sent.
   */
  continueFrom({ canonical }: Track, sequence: number, { until, entries }: Stretch): void {
    const opened = this.#tracks.get(canonical);
    if (opened === undefined) return;
    const { term } = this.#options.election;
    opened.term ??= term;
    if (opened.term === term) opened.sequence ??= sequence;
    for (const { event } of entries) {
      if (event !== undefined && event.position.time > until.time - REPEATED_WITHIN_MS) {
        this.#isRepeat(opened, event);
      }
    }
  }

  /** Delivers an event that this node has made. None can be lost on the way, so it needs no sequence number. */
  deliver(event: SentimentEvent, wants: readonly Want[]): void {
    const outlets: T[] = [];
    for (const { canonical } of wants) {
      const opened = this.#tracks.get(canonical);
      if (opened && this.#accept(opened, undefined, event, false)) {
        outlets.push(opened.outlet);
      }
    }
    if (outlets.length > 0) this.#options.sink.event(event, outlets);
  }

  /** The node that ingests cannot follow a track. Returns false if the track is not open here. */
  reject(canonical: string, error: UserError): boolean {
    const opened = this.#tracks.get(canonical);
    if (opened !== undefined) this.#options.sink.rejected(opened.track, error);
    return opened !== undefined;
  }

  #receive(opened: OpenTrack<T>, bytes: Uint8Array): void {
    const { sink, onBad } = this.#options;
    const header = readHeader(bytes);
    if (header !== undefined && !this.#isCurrent(opened, header)) return;
    const read = this.#read(bytes);
    if (read === undefined) onBad();
    else if (this.#accept(opened, read.header.sequence, read.event, true)) {
      this.#options.recorder.event(read.event, [opened.recording.slot]);
      sink.event(read.event, [opened.outlet]);
    }
  }

  /** Whether an event is of the current term. */
  #isCurrent(opened: OpenTrack<T>, { epoch }: EventHeader): boolean {
    const { counters, election } = this.#options;
    if (epoch === election.term?.epoch) return true;
    counters.repeated += 1;
    // If the event is of a new term, the first one that is accepted in that term reports the gap.
    opened.term ??= election.term;
    if (opened.term === undefined) opened.gap = true;
    election.verify();
    return false;
  }

  /** Whether to deliver an event. Reports a gap first if events may be missing before it. */
  #accept(
    opened: OpenTrack<T>,
    sequence: number | undefined,
    event: SentimentEvent,
    isRecorded: boolean,
  ): boolean {
    const { counters, sink, election } = this.#options;
    const { term } = election;
    const last = opened.sequence;
    // A number that is too low is no repeat: only a forged event before it can have been too high.
    const isNext = last === undefined || sequence === undefined || sequence === last + 1;
    // Events may be missing between two terms, even if the numbers fit.
    const isSameTerm = opened.term === term;
    if (opened.term !== undefined && !(isSameTerm && isNext)) opened.gap = true;
    opened.term = term;
    opened.sequence = sequence;
    if (this.#isRepeat(opened, event)) {
      counters.repeated += 1;
      return false;
    }
    if (opened.gap) {
      opened.gap = false;
      counters.gaps += 1;
      if (isRecorded)
        opened.recording.gap({ ...event.position, number: event.position.number - 1 });
      sink.gap(opened.outlet);
    }
    return true;
  }

  /** Whether an event was delivered before; it is remembered from now on. */
  #isRepeat({ channel }: OpenTrack<T>, { post }: SentimentEvent): boolean {
    const key = `${channel} ${post.source} ${post.id}`;
    return this.#recent.check(key.length > REMEMBERED_CHARACTERS ? channelOf(key) : key);
  }
}
