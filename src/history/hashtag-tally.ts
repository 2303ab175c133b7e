// Counts of hashtags within bounds, and the most frequent ones of several counts.

import type { HashtagCount } from '../sentiment/analysis.ts';

/** Distinct hashtags of one tally. Further ones are ignored. */
const MAX_TAGS = 50;
/** Longer hashtags are ignored. Those of X and Bluesky are shorter. */
const MAX_TAG_CHARACTERS = 100;

/** How many more hashtags all tallies that share it may hold. */
export interface HashtagRoom {
  left: number;
}

export class HashtagTally {
  readonly #room: HashtagRoom;
  readonly #counts = new Map<string, number>();

  constructor(room: HashtagRoom) {
    this.#room = room;
  }

  add(tag: string, count = 1): void {
    const known = this.#counts.get(tag);
    if (known !== undefined) {
      this.#counts.set(tag, known + count);
      return;
    }
    if (this.#counts.size >= MAX_TAGS || this.#room.left <= 0) return;
    if (tag.length > MAX_TAG_CHARACTERS) return;
    this.#room.left -= 1;
    // A part of a string keeps the whole one alive, here the text of the post.
    this.#counts.set(Buffer.from(tag).toString(), count);
  }

  addAll(other: HashtagTally): void {
    for (const [tag, count] of other.#counts) this.add(tag, count);
  }

  clear(): void {
    this.#room.left += this.#counts.size;
    this.#counts.clear();
  }

  /** Adds the counts to `sums`. */
  sumInto(sums: Map<string, number>): void {
    for (const [tag, count] of this.#counts) sums.set(tag, (sums.get(tag) ?? 0) + count);
  }
}

/** The `most` most frequent hashtags, most frequent first, then by name. */
export function mostFrequent(counts: ReadonlyMap<string, number>, most: number): HashtagCount[] {
  const best: HashtagCount[] = [];
  for (const [tag, count] of counts) {
    // Sorting them all would take ten times as long.
    let at = best.length;
    while (at > 0 && precedes(tag, count, best[at - 1])) at -= 1;
    if (at === most) continue;
    if (best.length === most) best.pop();
    best.splice(at, 0, { tag, count });
  }
  return best;
}

function precedes(tag: string, count: number, other: HashtagCount | undefined): boolean {
  if (other === undefined || count !== other.count) return count > (other?.count ?? 0);
  return tag < other.tag;
}
