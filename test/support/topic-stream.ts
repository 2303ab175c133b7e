// A track as the stream of events that graphql-js expects of a subscription: what a server without outboxes would use.
// It holds a bounded number of events for a slow reader, and drops the oldest.

import type { SentimentEvent } from '../../src/sentiment/analysis.ts';
import type { Multiplexer } from '../../src/stream/multiplexer.ts';
import type { Track } from '../../src/track/track.ts';

const MAX_WAITING = 1024;

/** For `follow` of the API's context. */
export function streamTopics(
  multiplexer: Multiplexer,
): (track: Track) => AsyncIterableIterator<SentimentEvent, undefined> {
  return (track) => new TopicStream(track, multiplexer);
}

class TopicStream implements AsyncIterableIterator<SentimentEvent, undefined> {
  readonly #stop: () => void;
  #waiting: SentimentEvent[] = [];
  #head = 0;
  #reader: PromiseWithResolvers<IteratorResult<SentimentEvent, undefined>> | undefined;
  #ended = false;
  #error: Error | undefined;

  constructor(track: Track, multiplexer: Multiplexer) {
    this.#stop = multiplexer.listen(track, this);
  }

  event(event: SentimentEvent): void {
    if (this.#reader) {
      this.#reader.resolve({ done: false, value: event });
      this.#reader = undefined;
      return;
    }
    this.#waiting.push(event);
    if (this.#waiting.length - this.#head > MAX_WAITING) this.#head += 1;
    if (this.#head > MAX_WAITING) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
  }

  end(error?: Error): void {
    this.#ended = true;
    if (!this.#reader) this.#error = error;
    else if (error) this.#reader.reject(error);
    else this.#reader.resolve({ done: true, value: undefined });
    this.#reader = undefined;
  }

  async next(): Promise<IteratorResult<SentimentEvent, undefined>> {
    const value = this.#waiting[this.#head];
    if (value !== undefined) {
      this.#head += 1;
      return { done: false, value };
    }
    if (this.#error) throw this.#error;
    if (this.#ended) return { done: true, value: undefined };
    this.#reader ??= Promise.withResolvers();
    return this.#reader.promise;
  }

  async return(): Promise<IteratorResult<SentimentEvent, undefined>> {
    this.#stop();
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
