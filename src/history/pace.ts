// Counts the posts of a topic in the last minute and in the minutes before it. spike.ts compares them.

import type { Part } from './parts.ts';
import { PostRing } from './post-ring.ts';
import { LEAST_MINUTES, MOST_MINUTES } from './spike.ts';

const MINUTE = 60;
/** The running minute, the one before it, and the two that the last 60 seconds may begin in. */
const MORE_MINUTES = 4;

/** Times are whole seconds since 1970. */
export class Pace {
  readonly #minutes: number;
  readonly #bySecond = new PostRing(1, MINUTE + 1);
  readonly #byMinute: PostRing;

  /** `span` is how far back the minutes go that say what is usual, in seconds. */
  constructor(span: number) {
    const minutes = Math.floor(span / MINUTE);
    this.#minutes = Math.min(MOST_MINUTES, Math.max(LEAST_MINUTES, minutes));
    this.#byMinute = new PostRing(MINUTE, this.#minutes + MORE_MINUTES);
  }

  add(second: number, posts: number): void {
    this.#bySecond.add(second, posts);
    this.#byMinute.add(second, posts);
  }

  /** Adds what was counted before. Longer times say nothing about single minutes. */
  addCounted({ from, to }: Part, posts: number): void {
    if (Math.floor(from / MINUTE) === Math.floor((to - 1) / MINUTE))
      this.#byMinute.add(from, posts);
  }

  know(time: Part): void {
    this.#byMinute.know(time);
  }

  doubt(time: Part): void {
    this.#byMinute.doubt(time);
  }

  clear(): void {
    this.#bySecond.clear();
    this.#byMinute.clear();
  }

  /** The posts of the minute before `to`, and those of the whole minutes before that one, in order, as far as known. */
  at(to: number): { readonly last: number; readonly minutes: readonly number[] } {
    let last = 0;
    for (let second = to - MINUTE; second < to; second++) last += this.#bySecond.posts(second);
    const end = Math.floor((to - MINUTE) / MINUTE);
    const minutes: number[] = [];
    for (let minute = end - this.#minutes; minute < end; minute++) {
      if (this.#byMinute.isKnown(minute)) minutes.push(this.#byMinute.posts(minute));
    }
    return { last, minutes };
  }
}
