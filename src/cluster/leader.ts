// The node that ingests: it runs the source for what all nodes want, and sends every event on its way.

import type { Clock } from '../base/clock.ts';
import { UserError } from '../base/user-error.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { CloseOptions, Source } from '../source/source.ts';
import type { FeedSink } from '../stream/feed.ts';
import type { Ingest } from '../stream/ingest.ts';
import { readCanonical, type Track } from '../track/track.ts';
import { encodeEvent, type Stamp, stampEvent } from './event-message.ts';
import { isWanted, type Want } from './interest.ts';

export interface LeaderOptions {
  /** The number of this node's term; larger than that of every one before. */
  readonly epoch: number;
  readonly clock: Clock;
  readonly ingest: (sink: FeedSink<Lane>) => Ingest<Lane>;
  readonly channelOf: (canonical: string) => string;
  /** Whether this node may still ingest; asked before every event. */
  readonly mayPublish: () => boolean;
  /** Sends to the other nodes. */
  readonly send: (channel: string, message: Uint8Array) => void;
  /** Delivers to this node itself. */
  readonly deliver: (
    event: SentimentEvent,
    lanes: readonly Lane[],
    stamps: readonly Stamp[],
  ) => void;
  readonly onRefused: (track: string, error: UserError) => void;
}

/** The way of one track's events to the nodes that want it. */
export interface Lane {
  want: Want;
  readonly track: Track;
  /** Undefined until there is something to send. */
  channel: string | undefined;
  /** Of the last event. */
  number: number;
}

/**
 * A leader works on this many tracks, or for this many milliseconds, and then yields to the event loop, so that
 * it renews the lease and serves its listeners meanwhile.
 */
export const SLICE = { tracks: 1000, ms: 10 } as const;

/**
 * What a leader opens at most. The index of a track takes about 2 kB, and of long tracks up to 200 bytes for each
 * character; so all of them take 2 GB at the very worst.
 */
export const MAX_OPEN = { tracks: 500_000, characters: 8 * 1024 * 1024 } as const;
/** Refusals are told at this rate at most; the others wait. */
export const REFUSALS_A_SECOND = 1000;
const FULL = 'The nodes follow as many tracks as one of them can hold; try again later.';
/** The characters of a track that a message quotes at most. */
const QUOTED_CHARACTERS = 100;

export class Leader {
  readonly epoch: number;
  readonly #options: LeaderOptions;
  readonly #ingest: Ingest<Lane>;
  readonly #lanes = new Map<string, Lane>();
  /** Tracks that could not be opened. The leader refuses them again for nodes that still want them. */
  readonly #refused = new Map<string, Want>();
  #refusalsLeft = REFUSALS_A_SECOND;
  /** Of all lanes. */
  #characters = 0;
  /** What was wanted at the start, until it is open. The source is asked for nothing before. */
  #first: readonly Want[];
  #opened = 0;
  /** Tracks to open or close after that. Each stands here once, as it is wanted now. */
  readonly #changes = new Map<string, Want>();
  #isWorking = false;
  #cancelSlice = () => {};
  /** No topic's number is larger: one that is dropped and wanted again goes on from here. */
  #events = 0;

  constructor(options: LeaderOptions, wants: Iterable<Want>) {
    this.epoch = options.epoch;
    this.#options = options;
    this.#ingest = options.ingest({
      event: (event, lanes) => this.#publish(event, lanes),
      gap: () => {},
      rejected: (track, error) => this.#refuse(track, error),
    });
    this.#first = [...wants];
    this.#work();
  }

  get source(): Pick<Source, 'name' | 'state' | 'usage'> {
    const { source } = this.#ingest;
    if (this.#first.length === 0) return source;
    return { name: source.name, state: { name: 'connecting' } };
  }

  /** Tracks are wanted now, or no more. Many at once are opened and closed slice by slice. */
  change(opened: readonly Want[], closed: readonly Want[]): void {
    for (const want of closed) {
      const { canonical } = want;
      this.#refused.delete(canonical);
      // A track that was never opened leaves nothing to close, so the list stays as short as what is wanted.
      if (this.#lanes.has(canonical)) this.#changes.set(canonical, want);
      else this.#changes.delete(canonical);
    }
    for (const want of opened) this.#changes.set(want.canonical, want);
    if (!this.#isWorking) this.#work();
  }

  /**
   * To be called every second. A node may have come to want a track when the others were just told that it
   * is refused, and there may be room for it now.
   */
  retryRefused(): void {
    this.#refusalsLeft = REFUSALS_A_SECOND;
    const wants = [...this.#refused.values().take(REFUSALS_A_SECOND)];
    for (const { canonical } of wants) this.#refused.delete(canonical);
    this.change(wants, []);
  }

  stop(options?: CloseOptions): Promise<void> {
    this.#cancelSlice();
    this.#first = [];
    this.#changes.clear();
    this.#isWorking = true;
    return this.#ingest.stop(options);
  }

  #work(): void {
    this.#isWorking = true;
    const { clock } = this.#options;
    const end = clock.monotonic() + SLICE.ms;
    let done = 0;
    for (const want of this.#waiting()) {
      this.#apply(want);
      done += 1;
      if (done === SLICE.tracks || clock.monotonic() >= end) break;
    }
    if (this.#opened === this.#first.length) {
      this.#first = [];
      this.#opened = 0;
      if (done > 0) this.#ingest.tell();
    }
    this.#isWorking = this.#first.length + this.#changes.size > 0;
    if (this.#isWorking) this.#cancelSlice = clock.after(0, () => this.#work());
  }

  *#waiting(): Generator<Want> {
    while (this.#opened < this.#first.length) yield this.#first[this.#opened++] as Want;
    for (const [canonical, want] of this.#changes) {
      this.#changes.delete(canonical);
      yield want;
    }
  }

  #apply(want: Want): void {
    const { canonical } = want;
    const lane = this.#lanes.get(canonical);
    if (!isWanted(want)) {
      if (lane !== undefined) this.#drop(lane);
      return;
    }
    // A node that was forgotten for a while goes on from its last number: it has to notice a gap.
    this.#events += 1;
    if (lane !== undefined) {
      lane.want = want;
      lane.number = this.#events;
      return;
    }
    const { tracks, characters } = MAX_OPEN;
    if (this.#lanes.size >= tracks || this.#characters + canonical.length > characters) {
      this.#tellRefused(want, new UserError('LIMIT_REACHED', FULL));
      return;
    }
    const track = readCanonical(canonical);
    if (track === undefined) {
      const said = `The node that ingests does not understand "${canonical.slice(0, QUOTED_CHARACTERS)}"; use the same version of Senti for all nodes.`;
      this.#tellRefused(want, new UserError('BAD_TRACK', said));
      return;
    }
    this.#characters += canonical.length;
    const made = { want, track, channel: undefined, number: this.#events };
    this.#lanes.set(canonical, made);
    this.#ingest.add(track, made);
  }

  #publish(event: SentimentEvent, lanes: readonly Lane[]): void {
    const { epoch, channelOf, mayPublish, send, deliver } = this.#options;
    if (!mayPublish()) return;
    this.#events += 1;
    let bytes: Buffer | undefined;
    const own: Lane[] = [];
    const stamps: Stamp[] = [];
    for (const lane of lanes) {
      lane.number += 1;
      const stamp = { epoch, number: lane.number };
      if (lane.want.others > 0) {
        bytes ??= encodeEvent(event);
        lane.channel ??= channelOf(lane.track.canonical);
        send(lane.channel, stampEvent(stamp, bytes));
      }
      if (lane.want.own) {
        own.push(lane);
        stamps.push(stamp);
      }
    }
    if (own.length > 0) deliver(event, own, stamps);
  }

  #drop({ track }: Lane): void {
    this.#lanes.delete(track.canonical);
    this.#characters -= track.canonical.length;
    this.#ingest.remove(track);
  }

  #refuse({ canonical }: Track, error: UserError): void {
    const lane = this.#lanes.get(canonical);
    if (lane === undefined) return;
    this.#drop(lane);
    this.#ingest.tell();
    this.#tellRefused(lane.want, error);
  }

  #tellRefused(want: Want, error: UserError): void {
    this.#refused.set(want.canonical, want);
    if (this.#refusalsLeft === 0) return;
    this.#refusalsLeft -= 1;
    this.#options.onRefused(want.canonical, error);
  }
}
