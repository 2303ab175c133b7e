// Counts of hashtags within bounds.

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
