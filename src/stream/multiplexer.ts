// The multiplexer: one feed, any number of topics, any number of listeners.

import { UserError } from '../base/user-error.ts';
import type { Track } from '../track/track.ts';
import type { ClusterState } from './cluster-state.ts';
import { type Counters, type SourceCounters, sumOf } from './counters.ts';
import { Deletions } from './deletions.ts';
import type { Feed, FeedSink } from './feed.ts';
import type { PastReader, Start } from './recorder.ts';
import type { Telemetry } from './telemetry.ts';
import { type Listener, Topic } from './topic.ts';

interface MultiplexerOptions {
  /** Distinct tracks that may be followed. */
  readonly maxTracks?: number;
  readonly telemetry: Telemetry;
}

export class Multiplexer {
  /** For the outboxes, where events wait. */
  readonly deletions = new Deletions();
  readonly #feed: Feed<Topic>;
  readonly #options: MultiplexerOptions;
  readonly #topics = new Map<string, Topic>();
  #eventsPublished = 0;
  #eventsDelivered = 0;
  #listeners = 0;
  #closed = false;

  constructor(connect: (sink: FeedSink<Topic>) => Feed<Topic>, options: MultiplexerOptions) {
    this.#options = options;
    this.#feed = connect({
      event: (event, topics) => {
        if (this.deletions.has(event.post)) return;
        this.#eventsPublished += topics.length;
        for (const topic of topics) this.#eventsDelivered += topic.publish(event);
      },
      gap: (topic) => topic.gap(),
      deleted: (post) => this.deletions.add(post),
      rejected: (track, error) => this.#reject(track, error),
    });
  }

  get source(): Feed<Topic>['source'] {
    return this.#feed.source;
  }

  /** What this process has read from each source. */
  get bySource(): SourceCounters {
    return this.#feed.counters;
  }

  get counters(): Counters {
    return {
      ...sumOf(this.bySource),
      eventsPublished: this.#eventsPublished,
      eventsDelivered: this.#eventsDelivered,
      eventsDropped: this.#options.telemetry.eventsDropped,
    };
  }

  /** The state of this node among its peers. */
  get cluster(): ClusterState {
    const { tracks, listeners } = this;
    return this.#feed.cluster ?? { ...ALONE, tracks, listeners };
  }

  /** The canonical forms of the tracks that any node follows. */
  get openTracks(): Feed<Topic>['openTracks'] {
    return this.#feed.openTracks;
  }

  /** How many topics are open. */
  get tracks(): number {
    return this.#topics.size;
  }

  get listeners(): number {
    return this.#listeners;
  }

  /**
   * Hands the events of `track` to `listener` from now on, until the returned function is called. Later calls of that
   * function do nothing. The first listener of a track opens its topic and the last closes it. The feed may follow the
   * track for longer, so that the listener can resume. A listener whose track would exceed the limit ends at once, with
   * the reason.
   */
  listen(track: Track, listener: Listener): () => void {
    if (this.#closed) {
      listener.end();
      return () => {};
    }
    const { maxTracks = Number.POSITIVE_INFINITY, telemetry } = this.#options;
    if (this.#topics.size >= maxTracks && !this.#topics.has(track.canonical)) {
      const reason = `The server has reached its limit of ${maxTracks} tracks; join one that is open, or try again later.`;
      telemetry.rejected('tracks', reason);
      listener.end(new UserError('LIMIT_REACHED', reason));
      return () => {};
    }
    const topic = this.#topics.get(track.canonical) ?? this.#open(track);
    topic.add(listener);
    this.#listeners += 1;
    return () => {
      if (!topic.delete(listener)) return;
      this.#listeners -= 1;
      if (topic.size === 0 && topic.keeper === undefined) this.#close(topic);
    };
  }

  /** Keeps the topic of `track` open without a listener. `rejected` is called if the feed cannot follow it any more. */
  keepOpen(track: Track, rejected: (error: UserError) => void): void {
    const topic = this.#topics.get(track.canonical) ?? this.#open(track);
    topic.keeper = rejected;
  }

  /** Calls `then` with a reader of the past of `track`, to which a listener must listen; now or within seconds. */
  read(track: Track, start: Start, then: (reader: PastReader) => void): void {
    this.#feed.read(track, start, then);
  }

  /** Lets another node read the source, if there is one. Listeners go on being served. */
  async handOver(): Promise<void> {
    await this.#feed.handOver?.();
  }

  /** Ends every listener, then the feed. */
  async close(): Promise<void> {
    this.#closed = true;
    const topics = [...this.#topics.values()];
    for (const topic of topics) this.#close(topic);
    this.#listeners = 0;
    for (const topic of topics) topic.end();
    await this.#feed.stop();
  }

  #open(track: Track): Topic {
    const topic = new Topic(track);
    this.#topics.set(track.canonical, topic);
    this.#feed.open(track, topic);
    return topic;
  }

  #close(topic: Topic): void {
    this.#topics.delete(topic.track.canonical);
    this.#feed.close(topic.track);
  }

  #reject(track: Track, error: UserError): void {
    const topic = this.#topics.get(track.canonical);
    if (topic === undefined) return;
    this.#listeners -= topic.size;
    this.#close(topic);
    topic.end(error);
    topic.keeper?.(error);
  }
}

const ALONE = {
  id: 'single',
  role: 'INGEST',
  nodes: 1,
  counters: { lost: 0, bad: 0, repeated: 0, gaps: 0 },
} as const;
