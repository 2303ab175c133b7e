// The feed that makes events in this process: it matches the posts of a source, and analyzes each match once.

import { isInLanguages, type Languages } from '../base/language.ts';
import { cutText, MAX_TEXT, type Post, publicPost } from '../base/post.ts';
import type { Analyze } from '../sentiment/analysis.ts';
import type { CloseOptions, Source, SourceSink } from '../source/source.ts';
import { Matcher } from '../track/matcher.ts';
import type { Track } from '../track/track.ts';
import { wordsOf } from '../track/words-of-post.ts';
import { type PostCounters, postCountersAtZero } from './counters.ts';
import type { Feed, FeedSink } from './feed.ts';
import type { Telemetry } from './telemetry.ts';

export interface IngestOptions {
  /** Makes the source, which delivers into the given sink. */
  readonly connect: (sink: SourceSink) => Source;
  readonly analyze: Analyze;
  readonly languages: Languages;
  /** Whether clients get the texts of posts, if the source allows it. */
  readonly postText: boolean;
  readonly telemetry: Pick<Telemetry, 'bad' | 'state'>;
}

export class Ingest<T> implements Feed<T> {
  readonly source: Source;
  readonly counters: PostCounters;
  readonly #options: IngestOptions;
  readonly #sink: FeedSink<T>;
  readonly #matcher = new Matcher<T>();
  /** Changed in place, so that telling the source costs nothing. */
  readonly #wanted = new Set<Track>();

  /** Adds to `counters`, so that they go on when a node ingests again. */
  constructor(
    options: IngestOptions,
    sink: FeedSink<T>,
    counters: PostCounters = postCountersAtZero(),
  ) {
    this.#options = options;
    this.#sink = sink;
    this.counters = counters;
    this.source = options.connect({
      post: (post) => this.#post(post.text.length > MAX_TEXT ? this.#truncate(post) : post),
      bad: (reason) => {
        counters.postsBad += 1;
        options.telemetry.bad(reason);
      },
      repeated: () => {
        counters.postsRepeated += 1;
      },
      deleted: (id) => sink.deleted(id),
      gap: () => {
        for (const outlet of this.#matcher.values()) sink.gap(outlet);
      },
      rejected: (track, error) => sink.rejected(track, error),
      state: (state) => options.telemetry.state(state),
    });
  }

  open(track: Track, outlet: T): void {
    this.add(track, outlet);
    this.tell();
  }

  close(track: Track): void {
    this.remove(track);
    this.tell();
  }

  /** Opens `track` for the matcher alone; the source learns of it with the next `tell`. */
  add(track: Track, outlet: T): void {
    this.#matcher.add(track, outlet);
    this.#wanted.add(track);
  }

  /** Closes `track` for the matcher alone; the source learns of it with the next `tell`. */
  remove(track: Track): void {
    this.#matcher.delete(track);
    this.#wanted.delete(track);
  }

  /** Tells the source which tracks are open. */
  tell(): void {
    this.source.want(this.#wanted);
  }

  stop(options?: CloseOptions): Promise<void> {
    return this.source.close(options);
  }

  #truncate(post: Post): Post {
    this.counters.postsTruncated += 1;
    return { ...post, text: cutText(post.text) };
  }

  #post(post: Post): void {
    this.counters.postsSeen += 1;
    if (!isInLanguages(post.langs, this.#options.languages)) return;
    const outlets = this.#matcher.match(wordsOf(post));
    if (outlets.length === 0) return;
    this.counters.postsMatched += 1;
    const { analyze, postText } = this.#options;
    const told = publicPost(post, postText && this.source.isTextPublic);
    const { text, tags, asSent = text } = post;
    this.#sink.event({ ...analyze(text, tags, cutText(asSent)), post: told }, outlets);
  }
}
