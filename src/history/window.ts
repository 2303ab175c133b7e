// The window of a topic: its posts over the last span of time and the span before, in a ring of buckets. The ring has
// the same number of buckets for every span. A window ends at a whole second, exactly, and begins where a bucket does.

import type { HashtagCount, SentimentEvent } from '../sentiment/analysis.ts';
import type { SourceCount } from '../stream/history.ts';
import { type Span, TOP_HASHTAGS, type TrackWindow } from '../stream/windows.ts';
import { mostFrequent } from './hashtag-posts.ts';
import type { HashtagRoom } from './hashtag-tally.ts';
import { Pace } from './pace.ts';
import { cutAtBuckets, type Part } from './parts.ts';
import { isSpike } from './spike.ts';
import { type PolarityCounts, WindowBucket } from './window-bucket.ts';

/** In seconds. */
const MINUTE = 60;
/** The buckets of a span. More of them would make its beginning finer, and each window more expensive. */
const BUCKETS = 60;
/** More than a server reads. Another node could make up any number of names; those count for the last one. */
const MAX_SOURCES = 16;

/** The counts of a time before the window was opened. */
export interface Counted extends Part {
  readonly counts: PolarityCounts;
  readonly scoreSum: number;
  readonly bySource: readonly SourceCount[];
  readonly hashtags: readonly HashtagCount[];
  /** Each post before this second is counted; `from` if none may be. */
  readonly knownTo: number;
}

/** Times are whole seconds since 1970. */
export class Window {
  readonly #span: number;
  /** The seconds of a bucket. */
  readonly #width: number;
  readonly #length: number;
  readonly #ring: WindowBucket[];
  /** The second that still runs: it is in no window yet. */
  readonly #running: WindowBucket;
  readonly #pace: Pace;
  /** The names of the sources so far, by their index in the buckets. */
  readonly #sources: string[] = [];
  /** Until here, posts were counted in steps that are longer than the buckets. */
  #coarseUntil = 0;
  /** How long these steps were at most. They begin at whole multiples of it. */
  #coarseStep = 1;

  /** `room` is shared by all windows. */
  constructor(span: number, room: HashtagRoom) {
    this.#span = span;
    this.#width = Math.ceil(span / BUCKETS);
    this.#length = Math.ceil(span / this.#width);
    // Two spans, the bucket that the window ends in, and the running one.
    const size = 2 * this.#length + 2;
    this.#ring = Array.from({ length: size }, () => new WindowBucket(-1, room));
    this.#running = new WindowBucket(-1, room);
    this.#pace = new Pace(span);
  }

  /** How far back events count, in seconds. */
  get reach(): number {
    return 2 * this.#length * this.#width + this.#width;
  }

  add(event: SentimentEvent, second: number): void {
    if (second > this.#running.step) this.#settle(second);
    const source = this.#indexOf(event.post.source);
    if (second === this.#running.step) {
      this.#running.addEvent(event, source);
      return;
    }
    // An event of another node may be late.
    this.#bucket(second)?.addEvent(event, source);
    this.#pace.add(second, 1);
  }

  /** Adds what was counted before, spread evenly over the buckets that it touches; a single post goes to the first. */
  addCounted(counted: Counted): void {
    const { from, to, knownTo, counts, scoreSum, bySource, hashtags } = counted;
    const share = (n: number, part: Part) =>
      Math.ceil((n * (part.to - from)) / (to - from)) -
      Math.ceil((n * (part.from - from)) / (to - from));
    // The minute that still runs is shorter.
    const step = Math.ceil((to - from) / MINUTE) * MINUTE;
    this.#coarseUntil = Math.max(this.#coarseUntil, to);
    this.#coarseStep = Math.max(this.#coarseStep, step);
    for (const part of cutAtBuckets({ from, to }, this.#width)) {
      const bucket = this.#bucket(part.from);
      if (bucket === undefined) continue;
      const [positive, negative, neutral] = counts.map((n) => share(n, part));
      const shared = [positive ?? 0, negative ?? 0, neutral ?? 0] as const;
      bucket.addCounts(shared, (scoreSum * (part.to - part.from)) / (to - from));
      for (const { source, posts } of bySource) {
        bucket.addSource(this.#indexOf(source), share(posts, part));
      }
      for (const { tag, count } of hashtags) {
        const shared = share(count, part);
        if (shared > 0) bucket.addTag(tag, shared);
      }
    }
    this.#pace.addCounted({ from, to }, counts[0] + counts[1] + counts[2]);
    this.know({ from, to: knownTo });
  }

  /** Each post of this time is counted. MUST be called once at most for each second. */
  know(time: Part): void {
    for (const { from, to } of cutAtBuckets(time, this.#width)) {
      const bucket = this.#bucket(from);
      if (bucket !== undefined) bucket.known += to - from;
    }
    this.#pace.know(time);
  }

  /** Posts of this time may be missing. */
  doubt({ from, to }: Part): void {
    for (const bucket of this.#ring) {
      const start = bucket.step * this.#width;
      if (start < to && start + this.#width > from) bucket.known = 0;
    }
    this.#pace.doubt({ from, to });
  }

  /** Forgets everything. */
  clear(): void {
    for (const bucket of this.#ring) bucket.restart(-1);
    this.#running.restart(-1);
    this.#pace.clear();
    this.#coarseUntil = 0;
    this.#coarseStep = 1;
  }

  /** The window that ends at `to`, which is not in the future. */
  at(to: number): TrackWindow {
    if (this.#running.step < to) this.#settle(to);
    const first = Math.floor((to - this.#span) / this.#width);
    const start = first * this.#width;
    const before = start - this.#length * this.#width;
    const { last, minutes } = this.#pace.at(to);
    return {
      ...this.#sum(start, to),
      previous: this.#sum(before, start),
      isSpike: isSpike(last, minutes),
    };
  }

  /** Puts the running second, which is over, into its bucket. `second` is the running one now. */
  #settle(second: number): void {
    const running = this.#running;
    if (running.posts > 0) {
      this.#bucket(running.step)?.takeAll(running);
      this.#pace.add(running.step, running.posts);
    }
    running.restart(second);
  }

  #sum(from: number, to: number): Span {
    const counts: [number, number, number] = [0, 0, 0];
    let scoreSum = 0;
    let known = 0;
    let knownPosts = 0;
    const bySource = this.#sources.map((name): [string, number] => [name, 0]);
    const hashtags = new Map<string, number>();
    for (let step = from / this.#width; step * this.#width < to; step++) {
      const bucket = this.#ring[step % this.#ring.length];
      if (bucket?.step !== step) continue;
      for (const polarity of [0, 1, 2] as const) counts[polarity] += bucket.counts[polarity];
      scoreSum += bucket.scoreSum;
      for (const [i, posts] of bucket.bySource.entries())
        (bySource[i] as [string, number])[1] += posts;
      known += bucket.known;
      if (bucket.known > 0) knownPosts += bucket.posts;
      bucket.sumTagsInto(hashtags);
    }
    return {
      from: from * 1000,
      to: to * 1000,
      isComplete: known === to - from && this.#splitsNothing(from) && this.#splitsNothing(to),
      postsPerMinute: known === 0 ? undefined : (MINUTE * knownPosts) / known,
      counts,
      scoreSum,
      bySource: mostFrequent(
        bySource.filter(([, posts]) => posts > 0),
        MAX_SOURCES,
      ).map(([source, posts]) => ({ source, posts })),
      hashtags: mostFrequent(hashtags, TOP_HASHTAGS).map(([tag, count]) => ({ tag, count })),
    };
  }

  /** Where the posts of a source count in each bucket. */
  #indexOf(source: string): number {
    const known = this.#sources.indexOf(source);
    if (known !== -1) return known;
    if (this.#sources.length < MAX_SOURCES) this.#sources.push(source);
    return this.#sources.length - 1;
  }

  /** Whether it is known how many posts came before this moment, and how many after it. */
  #splitsNothing(second: number): boolean {
    return second >= this.#coarseUntil || second % this.#coarseStep === 0;
  }

  /** Undefined for a time that is too long ago. */
  #bucket(second: number): WindowBucket | undefined {
    const step = Math.floor(second / this.#width);
    const bucket = this.#ring[step % this.#ring.length];
    if (bucket === undefined || bucket.step > step) return undefined;
    if (bucket.step < step) bucket.restart(step);
    return bucket;
  }
}
