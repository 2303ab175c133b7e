// A topic: one track and its listeners.

import type { UserError } from '../base/user-error.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { Track } from '../track/track.ts';

export interface Listener {
  /** Called in order, once for each event. MUST NOT throw, and MUST NOT wait. */
  event(event: SentimentEvent): void;
  /** Events may be missing before the next one. A listener whose protocol can report it does. */
  gap?(): void;
  /** No event follows. `error` says why, unless the server stops. */
  end(error?: UserError): void;
}

export class Topic {
  readonly track: Track;
  /** Set while the topic stays open without a listener. Called if it cannot. */
  keeper: ((error: UserError) => void) | undefined;
  /** Most topics have one listener. Kept by itself, it halves the cost of a post there. */
  #first: Listener | undefined;
  #rest: Set<Listener> | undefined;

  constructor(track: Track) {
    this.track = track;
  }

  get size(): number {
    return (this.#first === undefined ? 0 : 1) + (this.#rest?.size ?? 0);
  }

  add(listener: Listener): void {
    if (this.size === 0) this.#first = listener;
    else if (listener !== this.#first) {
      this.#rest ??= new Set();
      this.#rest.add(listener);
    }
  }

  /** Returns whether the listener was there. */
  delete(listener: Listener): boolean {
    if (listener !== this.#first) return this.#rest?.delete(listener) ?? false;
    this.#first = undefined;
    return true;
  }

  /** Hands `event` to every listener, and returns how many there were. */
  publish(event: SentimentEvent): number {
    const first = this.#first;
    const rest = this.#rest;
    first?.event(event);
    if (rest === undefined) return first === undefined ? 0 : 1;
    const count = rest.size + (first === undefined ? 0 : 1);
    for (const listener of rest) listener.event(event);
    return count;
  }

  gap(): void {
    this.#first?.gap?.();
    for (const listener of this.#rest ?? []) listener.gap?.();
  }

  end(error?: UserError): void {
    const listeners = [this.#first, ...(this.#rest ?? [])];
    this.#first = undefined;
    this.#rest = undefined;
    for (const listener of listeners) listener?.end(error);
  }
}
