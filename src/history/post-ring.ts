// How many posts came in each of the latest steps of time.

import { cutAtBuckets, type Part } from './parts.ts';

/** Times are whole seconds since 1970. */
export class PostRing {
  readonly #width: number;
  readonly #size: number;
  readonly #steps: Float64Array;
  readonly #posts: Float64Array;
  /** Seconds of each step in which every post was counted. */
  readonly #known: Uint8Array;

  /** A step is `width` seconds, 255 at most. */
  constructor(width: number, size: number) {
    this.#width = width;
    this.#size = size;
    this.#steps = new Float64Array(size).fill(-1);
    this.#posts = new Float64Array(size);
    this.#known = new Uint8Array(size);
  }

  add(second: number, posts: number): void {
    const at = this.#place(second);
    if (at !== undefined) this.#posts[at] = (this.#posts[at] ?? 0) + posts;
  }

  /** Each post of this time is counted. */
  know(time: Part): void {
    for (const { from, to } of cutAtBuckets(time, this.#width)) {
      const at = this.#place(from);
      if (at !== undefined) this.#known[at] = (this.#known[at] ?? 0) + to - from;
    }
  }

  /** Posts of this time may be missing. */
  doubt({ from, to }: Part): void {
    for (let at = 0; at < this.#size; at++) {
      const start = (this.#steps[at] ?? -1) * this.#width;
      if (start < to && start + this.#width > from) this.#known[at] = 0;
    }
  }

  posts(step: number): number {
    const at = step % this.#size;
    return this.#steps[at] === step ? (this.#posts[at] ?? 0) : 0;
  }

  isKnown(step: number): boolean {
    const at = step % this.#size;
    return this.#steps[at] === step && this.#known[at] === this.#width;
  }

  clear(): void {
    this.#steps.fill(-1);
  }

  /** Undefined for a time that is too long ago. */
  #place(second: number): number | undefined {
    const step = Math.floor(second / this.#width);
    const at = step % this.#size;
    const taken = this.#steps[at] ?? -1;
    if (taken > step) return undefined;
    if (taken < step) {
      this.#steps[at] = step;
      this.#posts[at] = 0;
      this.#known[at] = 0;
    }
    return at;
  }
}
