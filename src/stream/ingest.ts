// The feed that makes events in this process: it matches the posts of a source, and analyzes each match once.

import type { Clock } from '../base/clock.ts';
import { isInLanguages, type Languages } from '../base/language.ts';
import type { Position } from '../base/position.ts';
import { cutText, MAX_TEXT, type Post, publicPost } from '../base/post.ts';
import type { UserError } from '../base/user-error.ts';
import type { Analyze } from '../sentiment/analysis.ts';
import { type CloseOptions, partsOf, type Source, type SourceSink } from '../source/source.ts';
import { Matcher } from '../track/matcher.ts';
import { isAt, type Track } from '../track/track.ts';
import { wordsOf } from '../track/words-of-post.ts';
import { type PostCounters, postCountersAtZero } from './counters.ts';
import type { Feed, FeedSink } from './feed.ts';
import type { Past, PastReader, Recording, Start } from './recorder.ts';
import type { Telemetry } from './telemetry.ts';
import { WantedTracks } from './wanted-tracks.ts';

export interface IngestOptions {
  /** Makes the source, which delivers into the given sink. */
  readonly connect: (sink: SourceSink) => Source;
  readonly analyze: Analyze;
  readonly languages: Languages;
  /** Whether clients get the texts of posts, if the source allows it. */
  readonly postText: boolean;
  readonly telemetry: Pick<Telemetry, 'bad' | 'state'>;
  readonly clock: Clock;
  /** The epoch of all positions that are made here; drawn at random. */
  readonly epoch: number;
  readonly past: Past;
  /** How long `track` stays open once nothing wants it, in milliseconds. */
  readonly lingerMs: (track: Track) => number;
  /** With more open tracks than this, lingering ones are closed. */
  readonly maxTracks: number;
}

interface OpenTrack {
  readonly track: Track;
  readonly recording: Recording;
  cancelLinger: () => void;
}

export class Ingest<T> implements Feed<T> {
  readonly source: Source;
  readonly counters: Map<string, PostCounters>;
  readonly #options: IngestOptions;
  readonly #sink: FeedSink<T>;
  /** By their names. */
  readonly #parts: ReadonlyMap<string, Source>;
  /** A post may match hundreds of tracks, so it finds the slots of their recordings, which are plain numbers. */
  readonly #matcher = new Matcher<number>();
  /** By slot; undefined while a track lingers: it is open, and nothing wants it. */
  readonly #outlets: (T | undefined)[] = [];
  /** By slot. */
  readonly #tracks: Track[] = [];
  /** Open tracks by their canonical forms. */
  readonly #followed = new Map<string, OpenTrack>();
  /** Those that linger, the one that was left first at the front. */
  readonly #lingering = new Set<OpenTrack>();
  /** Changed in place, so that telling the source costs nothing. */
  readonly #wanted = new WantedTracks();
  /** The source must not be told of the tracks one by one while many are being added. */
  #hasTold = false;
  /** The number of the last event or gap, or of the last opening of a track. */
  #number = 0;

  /** Adds to `counters`, so that they go on when a node ingests again. */
  constructor(
    options: IngestOptions,
    sink: FeedSink<T>,
    counters: Map<string, PostCounters> = new Map(),
  ) {
    this.#options = options;
    this.#sink = sink;
    this.counters = counters;
    this.source = options.connect({
      post: (post) => this.#post(post.text.length > MAX_TEXT ? this.#truncate(post) : post),
      bad: (reason, source = this.source.name) => {
        this.#countersOf(source).postsBad += 1;
        options.telemetry.bad(reason, source);
      },
      repeated: (source = this.source.name) => {
        this.#countersOf(source).postsRepeated += 1;
      },
      deleted: (id, source = this.source.name) => {
        options.past.deleted({ source, id });
        sink.deleted({ source, id });
      },
      gap: (source = this.source.name) => this.#gap(source),
      rejected: (track, error) => this.#reject(track, error),
      state: (state, source = this.source.name) => options.telemetry.state(state, source),
    });
    this.#parts = new Map(partsOf(this.source).map((part) => [part.name, part]));
    for (const name of this.#parts.keys()) {
      if (!counters.has(name)) counters.set(name, postCountersAtZero());
    }
  }

  /** The place of the last event that was made here. */
  get position(): Position {
    const { epoch, clock } = this.#options;
    return { epoch, number: this.#number, time: Math.floor(clock.now()) };
  }

  get openTracks(): Feed<T>['openTracks'] {
    return this.#followed;
  }

  open(track: Track, outlet: T): void {
    this.add(track, outlet);
    this.tell();
  }

  close(track: Track): void {
    if (this.remove(track)) this.tell();
  }

  read(track: Track, start: Start, then: (reader: PastReader) => void): void {
    then(this.#options.past.read(track, start));
  }

  /** Opens `track` for the matcher alone; the source learns of it with the next `tell`. */
  add(track: Track, outlet: T): void {
    const lingering = this.#followed.get(track.canonical);
    if (lingering !== undefined) {
      lingering.cancelLinger();
      this.#lingering.delete(lingering);
      this.#outlets[lingering.recording.slot] = outlet;
      lingering.recording.wanted(true);
      return;
    }
    this.#makeRoom(1);
    // Posts that matched the track before went by unnumbered, so all earlier positions must differ from this one.
    this.#number += 1;
    const recording = this.#options.past.open(track, this.position);
    const { slot } = recording;
    this.#outlets[slot] = outlet;
    this.#tracks[slot] = track;
    this.#followed.set(track.canonical, { track, recording, cancelLinger: () => {} });
    this.#matcher.add(track, slot);
    this.#wanted.add(track);
  }

  /** Nothing wants `track` any more. Returns whether it is closed, which the source learns with the next `tell`. */
  remove(track: Track): boolean {
    const followed = this.#followed.get(track.canonical);
    if (followed === undefined) return false;
    const lingerMs = this.#options.lingerMs(followed.track);
    this.#outlets[followed.recording.slot] = undefined;
    if (lingerMs === 0) {
      this.#forget(followed);
      return true;
    }
    followed.recording.wanted(false);
    this.#lingering.add(followed);
    followed.cancelLinger = this.#options.clock.after(lingerMs, () => {
      this.#forget(followed);
      if (this.#hasTold) this.tell();
    });
    this.#makeRoom(0);
    return false;
  }

  /** Tells the source which tracks are open. */
  tell(): void {
    this.#hasTold = true;
    this.source.want(this.#wanted);
  }

  stop(options?: CloseOptions): Promise<void> {
    // First: another node may be about to read the source, and closing many recordings takes a while.
    const closed = this.source.close(options);
    for (const { cancelLinger } of this.#lingering) cancelLinger();
    for (const { recording } of this.#followed.values()) recording.close();
    return closed;
  }

  /** Closes lingering tracks until `more` can be opened. */
  #makeRoom(more: number): void {
    const most = this.#options.maxTracks - more;
    for (const followed of this.#lingering) {
      if (this.#followed.size <= most) return;
      this.#forget(followed);
    }
  }

  #forget(followed: OpenTrack): void {
    const { track, recording } = followed;
    followed.cancelLinger();
    this.#lingering.delete(followed);
    this.#followed.delete(track.canonical);
    this.#matcher.delete(track);
    this.#wanted.delete(track);
    this.#outlets[recording.slot] = undefined;
    recording.close();
  }

  #reject(track: Track, error: UserError): void {
    const followed = this.#followed.get(track.canonical);
    if (followed === undefined) return;
    const isWanted = this.#outlets[followed.recording.slot] !== undefined;
    // The source has dropped it, so it must not linger.
    this.#forget(followed);
    if (isWanted) this.#sink.rejected(track, error);
    this.tell();
  }

  #gap(source: string): void {
    // Takes a number, so that a position from before the gap and one from after it differ.
    this.#number += 1;
    const { position } = this;
    for (const { track, recording } of this.#followed.values()) {
      if (!isAt(track, source)) continue;
      recording.gap(position);
      const outlet = this.#outlets[recording.slot];
      if (outlet !== undefined) this.#sink.gap(outlet);
    }
  }

  #countersOf(source: string): PostCounters {
    const counters = this.counters.get(source);
    if (counters === undefined) throw new Error(`no source "${source}" is read here`);
    return counters;
  }

  #truncate(post: Post): Post {
    this.#countersOf(post.source).postsTruncated += 1;
    return { ...post, text: cutText(post.text) };
  }

  #post(post: Post): void {
    const { source } = post;
    const counters = this.#countersOf(source);
    counters.postsSeen += 1;
    if (!isInLanguages(post.langs, this.#options.languages)) return;
    const found = this.#matcher.match(wordsOf(post));
    // Nearly always, all tracks are followed at all sources, and hundreds of them need not be asked.
    const isAll = this.#wanted.countAt(source) === this.#wanted.size;
    const matched = isAll
      ? found
      : found.filter((slot) => isAt(this.#tracks[slot] as Track, source));
    if (matched.length === 0) return;
    counters.postsMatched += 1;
    const { analyze, postText } = this.#options;
    const isTextPublic = this.#parts.get(source)?.isTextPublic === true;
    const told = publicPost(post, postText && isTextPublic);
    const { text, tags, asSent = text } = post;
    this.#number += 1;
    const { position } = this;
    const event = { ...analyze(text, tags, cutText(asSent)), post: told, position };
    const outlets: T[] = [];
    this.#options.past.event(event, matched);
    for (const slot of matched) {
      const outlet = this.#outlets[slot];
      if (outlet !== undefined) outlets.push(outlet);
    }
    if (outlets.length > 0) this.#sink.event(event, outlets);
  }
}
