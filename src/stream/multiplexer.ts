// The multiplexer: one source, any number of topics, any number of listeners.

import { isInLanguages, type Languages, type Post } from '../post.ts';
import type { Analyze, SentimentEvent } from '../sentiment/analysis.ts';
import type { Source, SourceSink, SourceState } from '../source/source.ts';
import { Matcher } from '../track/matcher.ts';
import type { Track } from '../track/track.ts';
import { words } from '../track/words.ts';
import type { UserError } from '../user-error.ts';
import { DropOldestQueue } from './drop-oldest-queue.ts';
import { type Listener, Topic } from './topic.ts';

export interface MultiplexerOptions {
  /** Makes the source, which delivers into the given sink. */
  readonly connect: (sink: SourceSink) => Source;
  readonly analyze: Analyze;
  readonly languages: Languages;
  /** Told of every record that the source could not use. */
  readonly onBad?: (problem: string) => void;
  /** Told of every change of the source's state. */
  readonly onState?: (state: SourceState) => void;
}

/** Counted since the start. */
export interface Counters {
  /** Posts that the source delivered. */
  postsSeen: number;
  /** Posts that matched at least one track. */
  postsMatched: number;
  /** Upstream records that could not be used. */
  postsDropped: number;
  /** Posts that the source sent more than once; counted for each repeat, and not seen again. */
  postsRepeated: number;
  /** Events handed to a listener; one post counts once for each. */
  eventsDelivered: number;
  /** Events that a listener was too slow to take. */
  eventsDropped: number;
}

export class Multiplexer {
  readonly source: Source;
  readonly #options: MultiplexerOptions;
  readonly #matcher = new Matcher<Topic>();
  readonly #topics = new Map<string, Topic>();
  /** What the source is told; changed in place, so that telling it costs nothing. */
  readonly #wanted = new Set<Track>();
  readonly #counters: Counters = {
    postsSeen: 0,
    postsMatched: 0,
    postsDropped: 0,
    postsRepeated: 0,
    eventsDelivered: 0,
    eventsDropped: 0,
  };
  #listeners = 0;
  #closed = false;

  constructor(options: MultiplexerOptions) {
    this.#options = options;
    this.source = options.connect({
      post: (post) => this.#post(post),
      bad: (problem) => {
        this.#counters.postsDropped += 1;
        options.onBad?.(problem);
      },
      repeated: () => {
        this.#counters.postsRepeated += 1;
      },
      refused: (track, error) => this.#refuse(track, error),
      state: (state) => options.onState?.(state),
    });
  }

  get counters(): Readonly<Counters> {
    return this.#counters;
  }

  /** How many tracks are active. */
  get tracks(): number {
    return this.#topics.size;
  }

  /** How many listeners there are, over all topics. */
  get listeners(): number {
    return this.#listeners;
  }

  /**
   * Hands every post that matches `track` from now on to `listener`, until the returned function is
   * called; to call it again, or after the end, does nothing. The first listener of a track opens its
   * topic and the last closes it, and the source learns of both before this returns.
   */
  listen(track: Track, listener: Listener): () => void {
    if (this.#closed) {
      listener.end();
      return () => {};
    }
    const topic = this.#topics.get(track.canonical) ?? this.#open(track);
    topic.add(listener);
    this.#listeners += 1;
    return () => {
      if (!topic.delete(listener)) return;
      this.#listeners -= 1;
      if (topic.size === 0) this.#close(topic);
    };
  }

  /**
   * The same as a stream, which holds back a bounded number of events for a slow reader. It ends with
   * the server; returning it stops listening.
   */
  subscribe(track: Track): AsyncIterableIterator<SentimentEvent, undefined> {
    const queue = new DropOldestQueue<SentimentEvent>({
      onDrop: () => this.countDropped(),
      onReturn: () => stop(),
    });
    const stop = this.listen(track, {
      event: (event) => queue.push(event),
      end: (error) => queue.end(error),
    });
    return queue;
  }

  /** To be called by whoever holds back events for a slow listener, for each one it gives up. */
  countDropped(): void {
    this.#counters.eventsDropped += 1;
  }

  /** Ends every listener, then the source. */
  async close(): Promise<void> {
    this.#closed = true;
    const topics = [...this.#topics.values()];
    for (const topic of topics) this.#close(topic);
    this.#listeners = 0;
    for (const topic of topics) topic.end();
    await this.source.close();
  }

  #open(track: Track): Topic {
    const topic = new Topic(track);
    this.#topics.set(track.canonical, topic);
    this.#matcher.add(track, topic);
    this.#wanted.add(track);
    this.source.want(this.#wanted);
    return topic;
  }

  #close(topic: Topic): void {
    this.#topics.delete(topic.track.canonical);
    this.#matcher.delete(topic.track);
    this.#wanted.delete(topic.track);
    this.source.want(this.#wanted);
  }

  #refuse(track: Track, error: UserError): void {
    const topic = this.#topics.get(track.canonical);
    if (topic === undefined) return;
    this.#listeners -= topic.size;
    this.#close(topic);
    topic.end(error);
  }

  #post(post: Post): void {
    this.#counters.postsSeen += 1;
    if (!isInLanguages(post, this.#options.languages)) return;
    const matched = this.#matcher.match(words(post.text));
    if (matched.length === 0) return;
    this.#counters.postsMatched += 1;
    const event = { ...this.#options.analyze(post.text), post };
    for (const topic of matched) this.#counters.eventsDelivered += topic.publish(event);
  }
}
