// A topic: one track and everybody who listens to it.

import type { UserError } from '../base/user-error.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { Track } from '../track/track.ts';

export interface Listener {
  /** Called in order, once for each event. MUST NOT throw, and MUST NOT wait. */
  event(event: SentimentEvent): void;
  /** Events may be missing before the next one; who can tell of it does. */
  gap?(): void;
  /** No event follows; `error` says why, if it is not the server that goes away. */
  end(error?: UserError): void;
}

export class Topic {
  readonly track: Track;
  /** Most topics have one listener: it stands by itself, which halves what a post costs there. */
  #first: Listener | undefined;
  #others: Set<Listener> | undefined;

  constructor(track: Track) {
    this.track = track;
  }

  get size(): number {
    return (this.#first === undefined ? 0 : 1) + (this.#others?.size ?? 0);
  }

  add(listener: Listener): void {
    if (this.size === 0) this.#first = listener;
    else if (listener !== this.#first) {
      this.#others ??= new Set();
      this.#others.add(listener);
    }
  }

  /** Whether the listener was there. */
  delete(listener: Listener): boolean {
    if (listener !== this.#first) return this.#others?.delete(listener) ?? false;
    this.#first = undefined;
    return true;
  }

  /** Hands `event` to every listener, and returns how many there were. */
  publish(event: SentimentEvent): number {
    const first = this.#first;
    const others = this.#others;
    first?.event(event);
    if (others === undefined) return first === undefined ? 0 : 1;
    const count = others.size + (first === undefined ? 0 : 1);
    for (const listener of others) listener.event(event);
    return count;
  }

  gap(): void {
    this.#first?.gap?.();
    for (const listener of this.#others ?? []) listener.gap?.();
  }

  end(error?: UserError): void {
    const listeners = [this.#first, ...(this.#others ?? [])];
    this.#first = undefined;
    this.#others = undefined;
    for (const listener of listeners) listener?.end(error);
  }
}
