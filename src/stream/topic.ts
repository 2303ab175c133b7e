// A topic: one track and everybody who listens to it.

import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { Track } from '../track/track.ts';
import type { UserError } from '../user-error.ts';

export interface Listener {
  /** Called in order, once for each event. MUST NOT throw, and MUST NOT wait. */
  event(event: SentimentEvent): void;
  /** No event follows; `error` says why, if it is not the server that goes away. */
  end(error?: UserError): void;
}

export class Topic {
  readonly track: Track;
  readonly #listeners = new Set<Listener>();

  constructor(track: Track) {
    this.track = track;
  }

  get size(): number {
    return this.#listeners.size;
  }

  add(listener: Listener): void {
    this.#listeners.add(listener);
  }

  /** Whether the listener was there. */
  delete(listener: Listener): boolean {
    return this.#listeners.delete(listener);
  }

  publish(event: SentimentEvent): void {
    for (const listener of this.#listeners) listener.event(event);
  }

  end(error?: UserError): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener.end(error);
  }
}
