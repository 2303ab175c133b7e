// A topic that is counted: its recording, and since when it is complete.

import type { Position } from '../base/position.ts';
import type { Recording } from '../stream/recorder.ts';
import type { Track } from '../track/track.ts';

/** Counts all topics. */
interface Counter {
  /** Everything until `position` belongs to the running minute, or ends it. */
  reach(position: Position): void;
  /** From when on the counts of a topic are complete if it is followed from `time` on. */
  startingAt(time: number): number;
  closed(topic: CountedTopic): void;
}

export class CountedTopic implements Recording {
  readonly slot: number;
  readonly track: Track;
  /** From here on, all of its posts are counted while its sources are live. */
  completeFrom: number;
  readonly #counter: Counter;
  readonly #recording: Recording;

  constructor(counter: Counter, recording: Recording, track: Track, completeFrom: number) {
    this.#counter = counter;
    this.#recording = recording;
    this.slot = recording.slot;
    this.track = track;
    this.completeFrom = completeFrom;
  }

  gap(at: Position): void {
    this.#recording.gap(at);
    this.#counter.reach(at);
    this.completeFrom = this.#counter.startingAt(at.time);
  }

  /** The topic is complete from `time` on, or from earlier if it was. */
  goBack(time: number): void {
    this.completeFrom = Math.min(this.completeFrom, time);
  }

  wanted(isWanted: boolean): void {
    this.#recording.wanted(isWanted);
  }

  close(): void {
    this.#recording.close();
    this.#counter.closed(this);
  }
}
