// The recent events of each track, so that a client can resume where it was, or begin with the newest ones.
//
// An event is kept once, however many tracks share it. If all tracks together keep too much, those that no listener
// wants lose their oldest events first, and then those that were wanted longest ago.

import type { Position } from '../base/position.ts';
import { type PostKey, spellKey } from '../base/post.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { Past, PastReader, Recording, Start, Stretch } from '../stream/recorder.ts';
import type { Track } from '../track/track.ts';
import {
  type Entry,
  type Gap,
  isGap,
  type Keeper,
  type Kept,
  RecentOfTrack,
} from './recent-of-track.ts';
import { RecentReader } from './recent-reader.ts';
import { nothingUntil, stretchOf } from './recent-stretch.ts';

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
const PLACE_BYTES = 8;
const GAP_BYTES = 150;
/** V8 stores a text that is not all Latin-1 in two bytes a character. */
const CHARACTER_BYTES = 2;
const HASHTAG_BYTES = 80;

export class RecentEvents implements Past {
  readonly #limits: RecentLimits;
  readonly #tracks = new Map<string, RecentOfTrack>();
  /** In the order in which they lose their events. */
  readonly #unwanted = new Set<RecentOfTrack>();
  readonly #wanted = new Set<RecentOfTrack>();
  /** The entries by their keys, and the keys that stand for none. */
  readonly #entries: (Entry | undefined)[] = [];
  readonly #unused: number[] = [];
  readonly #byPost = new Map<string, Kept>();
  readonly #keeper: Keeper;
  #newest: Kept | undefined;
  #bytes = 0;

  constructor(limits: RecentLimits) {
    this.#limits = limits;
    this.#keeper = {
      most: limits.recentEvents,
      keep: (event) => this.#keep(event),
      mark: (position) => this.#mark(position),
      entry: (key) => this.#entries[key] as Entry,
      freed: (entry) => this.#free(entry),
      wanted: (recent, isWanted) => this.#order(recent, isWanted),
      closed: (recent) => this.#close(recent),
    };
  }

  /** Bytes in use, by estimate. */
  get bytes(): number {
    return this.#bytes;
  }

  open({ canonical }: Track, since?: Position): Recording {
    const known = this.#tracks.get(canonical);
    const recent = known ?? new RecentOfTrack(canonical, this.#keeper);
    if (known === undefined) this.#tracks.set(canonical, recent);
    recent.users += 1;
    if (since !== undefined) recent.begin(since);
    this.#order(recent, true);
    return recent;
  }

  read({ canonical }: Track, start: Start): PastReader {
    const recent = this.#tracks.get(canonical);
    if (recent === undefined) return NOTHING_KEPT;
    this.#order(recent, true);
    return new RecentReader(recent, start);
  }

  stretch({ canonical }: Track, starts: readonly Start[], until: Position, most: number): Stretch {
    const recent = this.#tracks.get(canonical);
    return recent === undefined ? nothingUntil(until) : stretchOf(recent, starts, until, most);
  }

  fill({ canonical }: Track, { since, until, entries }: Stretch): void {
    const recent = this.#tracks.get(canonical);
    if (recent === undefined) return;
    const filled = entries.map(({ position, event }) =>
      event === undefined ? this.#mark(position) : this.#keep(event),
    );
    recent.fill(filled, since, until);
    if (this.#bytes > this.#limits.recentBytes) this.#evict();
  }

  deleted(post: PostKey): void {
    const key = spellKey(post);
    let kept = this.#byPost.get(key);
    this.#byPost.delete(key);
    for (; kept !== undefined; kept = kept.repeats) {
      this.#bytes -= kept.bytes;
      kept.bytes = 0;
      kept.event = undefined;
    }
  }

  /** The events that a post matches come one right after the other. */
  #keep(event: SentimentEvent): Kept {
    const kept = this.#newest?.event === event ? this.#newest : this.#add(event);
    this.#bytes += PLACE_BYTES;
    kept.places += 1;
    return kept;
  }

  #add(event: SentimentEvent): Kept {
    if (this.#bytes > this.#limits.recentBytes) this.#evict();
    const { position, post } = event;
    const name = spellKey(post);
    const before = this.#byPost.get(name);
    const isRepeat = before !== undefined && before.position.epoch !== position.epoch;
    // Another node has sent it again.
    if (before?.position.number === position.number && !isRepeat) return before;
    const repeats = isRepeat ? before : undefined;
    const bytes = bytesOf(event);
    const key = this.#unused.pop() ?? this.#entries.length;
    const kept = { key, position, event, repeats, bytes, places: 0 };
    this.#bytes += bytes;
    this.#entries[key] = kept;
    this.#byPost.set(name, kept);
    this.#newest = kept;
    return kept;
  }

  #mark(position: Position): Gap {
    // While nothing is said, gaps alone could pile up.
    if (this.#bytes > this.#limits.recentBytes) this.#evict();
    const key = this.#unused.pop() ?? this.#entries.length;
    const gap: Gap = { key, position, gap: true };
    this.#bytes += GAP_BYTES;
    this.#entries[key] = gap;
    return gap;
  }

  #free(entry: Entry): void {
    if (isGap(entry)) {
      this.#bytes -= GAP_BYTES;
      this.#forget(entry);
      return;
    }
    this.#bytes -= PLACE_BYTES;
    entry.places -= 1;
    if (entry.places > 0) return;
    this.#bytes -= entry.bytes;
    entry.bytes = 0;
    this.#forget(entry);
    if (this.#newest === entry) this.#newest = undefined;
    if (entry.event === undefined) return;
    const name = spellKey(entry.event.post);
    if (this.#byPost.get(name) !== entry) return;
    const { repeats } = entry;
    // Tracks that have the post already give the repeat up.
    if (repeats !== undefined && repeats.places > 0) this.#byPost.set(name, repeats);
    else this.#byPost.delete(name);
  }

  #forget({ key }: Entry): void {
    this.#entries[key] = undefined;
    this.#unused.push(key);
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

  #close(recent: RecentOfTrack): void {
    recent.users -= 1;
    if (recent.users > 0) return;
    this.#tracks.delete(recent.canonical);
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
