// The last five minutes of a topic: counts and hashtags in buckets of one second.

import { type Counts, totalOf } from './polarity-counts.ts';

export const WINDOW_SECONDS = 300;
/** Each point of a curve is the mean of this many seconds, so that single posts make no spikes. */
const MEAN_SECONDS = 10;
const SMOOTH_SECONDS = 5;
/** The first means cover at least this many seconds, for the same reason. */
const LEAST_SECONDS = 3;
/** The window begins anew when the clock is set back by more than this. */
const MAX_SET_BACK_SECONDS = 10;
/** Distinct hashtags that are counted; further ones are ignored. */
const MAX_TAGS = 5000;

interface Bucket {
  /** Seconds since 1970. */
  second: number;
  counts: Counts;
  tags: string[];
  /** False if the counts are unknown, because the page did not listen, or posts may be missing. */
  watched: boolean;
  /** Whether its counts came from the server, which had counted all posts until then. */
  filled?: boolean;
}

/** The counts of a span of time. Times are in seconds since 1970. */
export interface Cell {
  readonly from: number;
  readonly to: number;
  readonly counts: Readonly<Counts>;
  /** False if posts may be missing in `counts`, so that a zero means nothing. */
  readonly isKnown: boolean;
  /** The most frequent hashtags, if the server counted them. */
  readonly tags?: readonly { readonly tag: string; readonly count: number }[];
}

/** Times in seconds since 1970, and posts a second at each time; null where they are unknown. */
export type Curves = [
  times: number[],
  positive: (number | null)[],
  negative: (number | null)[],
  neutral: (number | null)[],
];

export class RollingWindow {
  readonly totals: Counts = [0, 0, 0];
  readonly #tags = new Map<string, number>();
  /** Oldest first, without gaps; the last is the current second. */
  #buckets: Bucket[] = [];
  #watching = false;
  /** When counts came from the server, in milliseconds. */
  #filledAt = 0;

  /** All times are in milliseconds since 1970. What is older than the window does not count. */
  add(polarityIndex: number, tags: readonly string[], at: number): void {
    this.#extend(at);
    const newest = this.#buckets.at(-1);
    const isNow = newest?.second === Math.floor(at / 1000);
    const bucket = isNow ? newest : this.#between(at, at)[0];
    if (!bucket || polarityIndex < 0 || polarityIndex > 2) return;
    // An event from before that comes after the server's counts is among them.
    if (!bucket.filled || at >= this.#filledAt) {
      bucket.counts[polarityIndex as 0 | 1 | 2]++;
      this.totals[polarityIndex as 0 | 1 | 2]++;
    }
    for (const tag of tags) {
      const count = this.#tags.get(tag);
      if (count === undefined && this.#tags.size >= MAX_TAGS) continue;
      this.#tags.set(tag, (count ?? 0) + 1);
      bucket.tags.push(tag);
    }
  }

  /** Says whether the page listens from now on. While it does not, counts are unknown and not zero. */
  watch(watching: boolean, now: number): void {
    this.advance(now);
    this.#watching = watching;
    const bucket = this.#buckets.at(-1);
    if (bucket && watching) bucket.watched = true;
  }

  /** Says whether all posts of a past span are known, after all. */
  know(isKnown: boolean, from: number, to: number): void {
    this.#extend(to);
    for (const bucket of this.#between(from, to)) bucket.watched = isKnown;
  }

  /**
   * Takes the server's counts of a past span into the seconds of it that the page does not know, spread evenly. The
   * posts that the page knows are among them, and so are those that come later, but count before `now`.
   */
  fill(counts: Readonly<Counts>, from: number, to: number, now = to): void {
    this.#filledAt = now;
    const buckets = this.#between(from, to - 1);
    const unknown = buckets.filter(({ watched }) => !watched);
    // Of a span that began before the window, the same share.
    const share = Math.min((buckets.length * 1000) / (to - from), 1);
    for (const polarity of [0, 1, 2] as const) {
      const here = buckets.reduce((sum, bucket) => sum + bucket.counts[polarity], 0);
      const lacking = Math.max(Math.round(counts[polarity] * share) - here, 0);
      unknown.forEach((bucket, i) => {
        const part = (n: number) => Math.floor((lacking * n) / unknown.length);
        bucket.counts[polarity] += part(i + 1) - part(i);
      });
      if (unknown.length > 0) this.totals[polarity] += lacking;
    }
    for (const bucket of unknown) {
      bucket.watched = true;
      bucket.filled = true;
    }
  }

  /** Moves the window to `now`, and forgets what is older. */
  advance(now: number): void {
    const back = (this.#buckets.at(-1)?.second ?? 0) - now / 1000;
    // Nothing is known before the server has told its time.
    if (back > MAX_SET_BACK_SECONDS || (back > 0 && this.since === undefined)) {
      for (const bucket of this.#buckets.splice(0)) this.#forget(bucket);
    }
    this.#extend(now);
  }

  #extend(now: number): void {
    const second = Math.floor(now / 1000);
    const last = this.#buckets.at(-1)?.second;
    if (last !== undefined && last >= second) return;
    // After a long sleep, skip the seconds that would be forgotten at once.
    const from = last === undefined ? second : Math.max(last + 1, second - WINDOW_SECONDS);
    for (let next = from; next <= second; next++) {
      this.#buckets.push({ second: next, counts: [0, 0, 0], tags: [], watched: this.#watching });
    }
    const oldest = (this.#buckets.at(-1)?.second ?? second) - WINDOW_SECONDS;
    const kept = this.#buckets.findIndex((bucket) => bucket.second >= oldest);
    if (kept > 0) for (const bucket of this.#buckets.splice(0, kept)) this.#forget(bucket);
  }

  /** The most frequent hashtags, most frequent first, then by name. */
  topTags(most: number): readonly (readonly [tag: string, count: number])[] {
    return [...this.#tags].sort(byCount).slice(0, most);
  }

  /** Since when there is something to show, in milliseconds since 1970. */
  get since(): number | undefined {
    const first = this.#buckets.find(({ watched }) => watched);
    return first && first.second * 1000;
  }

  /** The curves from the window's beginning until `now`, which is a point of its own. */
  curves(now: number): Curves {
    const curves: Curves = [[], [], [], []];
    const sums: Counts = [0, 0, 0];
    const elapsed = (now / 1000) % 1;
    let seconds = 0;
    this.#buckets.forEach((bucket, at) => {
      const isLast = at === this.#buckets.length - 1;
      const leaving = this.#buckets[at - MEAN_SECONDS];
      if (bucket.watched) seconds += isLast ? elapsed : 1;
      if (leaving?.watched) seconds -= 1;
      curves[0].push(isLast ? now / 1000 : bucket.second + 1);
      for (const polarity of [0, 1, 2] as const) {
        if (bucket.watched) sums[polarity] += bucket.counts[polarity];
        if (leaving?.watched) sums[polarity] -= leaving.counts[polarity];
        const mean = sums[polarity] / Math.max(seconds, LEAST_SECONDS);
        curves[(polarity + 1) as 1 | 2 | 3].push(bucket.watched ? mean : null);
      }
    });
    return [curves[0], smooth(curves[1]), smooth(curves[2]), smooth(curves[3])];
  }

  /** What a point of the curves is the mean of; undefined before the window. */
  cellAt(moment: number): Cell | undefined {
    const to = Math.floor(moment) + 1;
    const from = to - MEAN_SECONDS;
    const buckets = this.#buckets.filter(({ second }) => second >= from && second < to);
    if (buckets.at(-1)?.second !== to - 1) return undefined;
    return {
      from,
      to,
      counts: totalOf(buckets),
      isKnown: buckets.every(({ watched }) => watched),
    };
  }

  /** The counts second by second, oldest first. Times are in seconds since 1970. */
  cells() {
    return this.#buckets.map(({ second, counts, watched }) => ({
      from: second,
      to: second + 1,
      counts,
      isKnown: watched,
    }));
  }

  /** The buckets of a span, as far as it is within the window, which may be longer for it. */
  #between(from: number, to: number): Bucket[] {
    const last = this.#buckets.at(-1)?.second ?? Number.NEGATIVE_INFINITY;
    const first = Math.max(Math.floor(from / 1000), last - WINDOW_SECONDS);
    for (let second = (this.#buckets[0]?.second ?? first) - 1; second >= first; second--) {
      this.#buckets.unshift({ second, counts: [0, 0, 0], tags: [], watched: false });
    }
    const oldest = this.#buckets[0]?.second ?? first;
    const end = Math.floor(to / 1000) + 1;
    return end <= first ? [] : this.#buckets.slice(first - oldest, end - oldest);
  }

  #forget({ counts, tags }: Bucket): void {
    for (const polarity of [0, 1, 2] as const) this.totals[polarity] -= counts[polarity];
    for (const tag of tags) {
      const count = this.#tags.get(tag) ?? 0;
      if (count > 1) this.#tags.set(tag, count - 1);
      else this.#tags.delete(tag);
    }
  }
}

/** Puts the most frequent hashtag first, and equally frequent ones in the order of their names. */
export function byCount(
  [a, countOfA]: readonly [string, number],
  [b, countOfB]: readonly [string, number],
): number {
  return countOfB - countOfA || (a < b ? -1 : 1);
}

/** A second mean over the first, so that a post enters and leaves the curve in a slope, not a step. */
function smooth(values: readonly (number | null)[]): (number | null)[] {
  return values.map((value, at) => {
    if (value === null) return null;
    let sum = value;
    let count = 1;
    for (let back = 1; back < SMOOTH_SECONDS; back++) {
      const before = values[at - back];
      if (typeof before !== 'number') break;
      sum += before;
      count++;
    }
    return sum / count;
  });
}
