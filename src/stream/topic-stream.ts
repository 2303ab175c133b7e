// What a subscription's resolver returns: a track to listen to. Read as it stands it is a stream of
// events; a transport that knows what it is listens to the track itself, and shares its work.

import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { Track } from '../track/track.ts';
import type { Multiplexer } from './multiplexer.ts';

export class TopicStream implements AsyncIterable<SentimentEvent> {
  readonly track: Track;
  readonly #multiplexer: Multiplexer;

  constructor(track: Track, multiplexer: Multiplexer) {
    this.track = track;
    this.#multiplexer = multiplexer;
  }

  /** Listens from this moment on. */
  [Symbol.asyncIterator](): AsyncIterator<SentimentEvent> {
    return this.#multiplexer.subscribe(this.track);
  }
}
