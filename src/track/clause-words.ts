// The words that clauses need and exclude, as numbers side by side in one block of memory. A post with nearly all known
// words makes the matcher check every clause, and then it mostly waits for memory.

const FIRST_CELLS = 1024;
/** Before its words, a clause has two cells: how many it needs, and how many it excludes. */
const HEAD = 2;

export class ClauseWords {
  #cells = new Int32Array(FIRST_CELLS);
  #end = 0;
  /** Free places, by their number of cells. */
  readonly #free: number[][] = [];

  /** Stores a clause, and returns its place. Words are numbers. */
  add(needed: readonly number[], excluded: readonly number[]): number {
    const length = HEAD + needed.length + excluded.length;
    const place = this.#free[length]?.pop() ?? this.#take(length);
    this.#cells.set([needed.length, excluded.length, ...needed, ...excluded], place);
    return place;
  }

  delete(place: number): void {
    const cells = this.#cells;
    const length = HEAD + (cells[place] as number) + (cells[place + 1] as number);
    this.#free[length] ??= [];
    this.#free[length].push(place);
  }

  /**
   * Whether `post` has the last `left` words that a clause needs, and none that it excludes. `seenIn` holds the last post
   * with each word, by the word's number.
   */
  holds(place: number, left: number, seenIn: Float64Array, post: number): boolean {
    const cells = this.#cells;
    const excluded = place + HEAD + (cells[place] as number);
    const end = excluded + (cells[place + 1] as number);
    for (let at = excluded - left; at < excluded; at++) {
      if (seenIn[cells[at] as number] !== post) return false;
    }
    for (let at = excluded; at < end; at++) {
      if (seenIn[cells[at] as number] === post) return false;
    }
    return true;
  }

  #take(length: number): number {
    const place = this.#end;
    this.#end += length;
    if (this.#end > this.#cells.length) {
      const larger = new Int32Array(Math.max(this.#end, 2 * this.#cells.length));
      larger.set(this.#cells);
      this.#cells = larger;
    }
    return place;
  }
}
