// The recent events of each track, so that a client can resume where it was, or begin with the newest ones.
//
// An event is kept once, however many tracks share it. If all tracks together keep too much, those that no listener
// wants lose their oldest events first, and then those that were wanted longest ago.

import type { Position } from '../base/position.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { Past, PastReader, Recording, Start } from '../stream/recorder.ts';
import type { Track } from '../track/track.ts';
import { type Kept, RecentOfTrack } from './recent-of-track.ts';
import { RecentReader } from './recent-reader.ts';

export interface RecentLimits {
  /** Events kept of one track. */
  readonly recentEvents: number;
  /** Bytes that the events of all tracks may take, by estimate. */
  readonly recentBytes: number;
}

/** After an eviction, this share of the bytes is in use, so that not each event causes another one. */
const LEFT_BY_EVICTION = 0.9;
/** What a kept event takes besides its texts, and what its place among those of a track takes; measured. */
const EVENT_BYTES = 600;
const PLACE_BYTES = 16;
/** V8 stores a text that is not all Latin-1 in two bytes a character. */
const CHARACTER_BYTES = 2;
const HASHTAG_BYTES = 80;

export class RecentEvents implements Past {
  readonly #limits: RecentLimits;
  readonly #tracks = new Map<string, RecentOfTrack>();
  /** In the order in which they lose their events. */
  readonly #unwanted = new Set<RecentOfTrack>();
  readonly #wanted = new Set<RecentOfTrack>();
  readonly #byPost = new Map<string, Kept>();
  #newest: Kept | undefined;
  #bytes = 0;

  constructor(limits: RecentLimits) {
    this.#limits = limits;
  }

  /** Bytes in use, by estimate. */
  get bytes(): number {
    return this.#bytes;
  }

  open({ canonical }: Track, since?: Position): Recording {
    const known = this.#tracks.get(canonical);
    const recent =
      known ?? new RecentOfTrack(this.#limits.recentEvents, (kept) => this.#free(kept));
    if (known === undefined) this.#tracks.set(canonical, recent);
    recent.users += 1;
    if (since !== undefined) recent.begin(since);
    this.#order(recent, true);
    let isOpen = true;
    return {
      event: (event) => recent.add(this.#keep(event)),
      gap: (at) => recent.gap(at),
      wanted: (isWanted) => this.#order(recent, isWanted),
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        recent.users -= 1;
        if (recent.users === 0) this.#forget(canonical, recent);
      },
    };
  }

  read({ canonical }: Track, start: Start): PastReader {
    const recent = this.#tracks.get(canonical);
    if (recent === undefined) return NOTHING_KEPT;
    this.#order(recent, true);
    return new RecentReader(recent, start);
  }

  deleted(postId: string): void {
    const kept = this.#byPost.get(postId);
    if (kept === undefined) return;
    this.#byPost.delete(postId);
    this.#bytes -= kept.bytes;
    kept.bytes = 0;
    kept.event = undefined;
  }

  /** The same object for all tracks that an event matches, since those come one right after the other. */
  #keep(event: SentimentEvent): Kept {
    this.#bytes += PLACE_BYTES;
    if (this.#newest?.event === event) return this.#newest;
    if (this.#bytes > this.#limits.recentBytes) this.#evict();
    const { position, post } = event;
    const before = this.#byPost.get(post.id);
    const isRepeat = before !== undefined && before.position.epoch !== position.epoch;
    const kept: Kept = {
      position,
      event,
      repeats: isRepeat ? before : undefined,
      bytes: bytesOf(event),
      places: 0,
    };
    this.#bytes += kept.bytes;
    this.#byPost.set(post.id, kept);
    this.#newest = kept;
    return kept;
  }

  /** A track has given up its place for `kept`. */
  #free(kept: Kept): void {
    this.#bytes -= PLACE_BYTES;
    if (kept.places > 0) return;
    this.#bytes -= kept.bytes;
    kept.bytes = 0;
    if (this.#newest === kept) this.#newest = undefined;
    const id = kept.event?.post.id;
    if (id !== undefined && this.#byPost.get(id) === kept) this.#byPost.delete(id);
  }

  #evict(): void {
    const enough = this.#limits.recentBytes * LEFT_BY_EVICTION;
    for (const tracks of [this.#unwanted, this.#wanted]) {
      for (const recent of tracks) {
        while (this.#bytes > enough && recent.evict());
        if (this.#bytes <= enough) return;
      }
    }
  }

  #order(recent: RecentOfTrack, isWanted: boolean): void {
    this.#unwanted.delete(recent);
    this.#wanted.delete(recent);
    (isWanted ? this.#wanted : this.#unwanted).add(recent);
  }

  #forget(canonical: string, recent: RecentOfTrack): void {
    this.#tracks.delete(canonical);
    this.#unwanted.delete(recent);
    this.#wanted.delete(recent);
    while (recent.evict());
  }
}

const NOTHING_KEPT: PastReader = {
  isComplete: false,
  completeSince: undefined,
  next: () => ({ gap: false, events: [] }),
};

function bytesOf({ post, hashtags }: SentimentEvent): number {
  const { id, text, url } = post;
  const characters = id.length + (text?.length ?? 0) + (url?.length ?? 0);
  return EVENT_BYTES + CHARACTER_BYTES * characters + HASHTAG_BYTES * hashtags.length;
}
