// The node that ingests: it runs the source for what all nodes want, and sends every event on its way.

import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { CloseOptions } from '../source/source.ts';
import type { FeedSink } from '../stream/feed.ts';
import type { Ingest } from '../stream/ingest.ts';
import { readCanonical, type Track } from '../track/track.ts';
import { UserError } from '../user-error.ts';
import { encodeEvent, type Stamp, stampEvent } from './event.ts';
import type { Want } from './wanted.ts';

export interface LeaderOptions {
  /** The number of this node's term; larger than that of every one before. */
  readonly epoch: number;
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
  readonly want: Want;
  readonly track: Track;
  readonly channel: string;
  /** Of the last event. */
  number: number;
}

export class Leader {
  readonly epoch: number;
  readonly #options: LeaderOptions;
  readonly #ingest: Ingest<Lane>;
  readonly #lanes = new Map<string, Lane>();
  /** Tracks that the source did not take; whoever still wants them then is told again. */
  readonly #refused = new Map<string, Want>();
  /** No topic's number is larger: one that is dropped and wanted again goes on from here. */
  #events = 0;

  constructor(options: LeaderOptions, wants: Iterable<Want>) {
    this.epoch = options.epoch;
    this.#options = options;
    this.#ingest = options.ingest({
      event: (event, lanes) => this.#publish(event, lanes),
      gap: () => {},
      refused: (track, error) => this.#refuse(track, error),
    });
    this.change([...wants], []);
  }

  get source(): Ingest<Lane>['source'] {
    return this.#ingest.source;
  }

  /** Tracks are wanted now, or no more. */
  change(opened: readonly Want[], closed: readonly Want[]): void {
    const leaving: Track[] = [];
    for (const { canonical } of closed) {
      const lane = this.#lanes.get(canonical);
      if (lane !== undefined) leaving.push(lane.track);
      this.#lanes.delete(canonical);
      this.#refused.delete(canonical);
    }
    const coming: [Track, Lane][] = [];
    for (const want of opened) {
      const { canonical } = want;
      const track = readCanonical(canonical);
      if (track === undefined) {
        const said = `The node that ingests does not understand "${canonical}"; use the same version of Senti for all nodes.`;
        this.#options.onRefused(canonical, new UserError('BAD_TRACK', said));
        continue;
      }
      const channel = this.#options.channelOf(canonical);
      // A node that was forgotten for a while goes on where it was: it has to find a hole.
      this.#events += 1;
      const lane = { want, track, channel, number: this.#events };
      this.#lanes.set(canonical, lane);
      coming.push([track, lane]);
    }
    if (coming.length > 0 || leaving.length > 0) this.#ingest.change(coming, leaving);
  }

  /** A node may have come to want a track when the others were just told that it is refused. */
  retryRefused(): void {
    const wants = [...this.#refused.values()];
    this.#refused.clear();
    this.change(wants, []);
  }

  stop(options?: CloseOptions): Promise<void> {
    return this.#ingest.stop(options);
  }

  #publish(event: SentimentEvent, lanes: readonly Lane[]): void {
    const { epoch, mayPublish, send, deliver } = this.#options;
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
        send(lane.channel, stampEvent(stamp, bytes));
      }
      if (lane.want.own) {
        own.push(lane);
        stamps.push(stamp);
      }
    }
    if (own.length > 0) deliver(event, own, stamps);
  }

  #refuse(track: Track, error: UserError): void {
    const lane = this.#lanes.get(track.canonical);
    if (lane === undefined) return;
    this.#lanes.delete(track.canonical);
    this.#ingest.close(lane.track);
    this.#refused.set(track.canonical, lane.want);
    this.#options.onRefused(track.canonical, error);
  }
}
