// How a text is scored. Implementations stand beside it, one per file, and pass test/contract/scorer.ts.

export interface Scores {
  /** VADER's compound, -1 (most negative) to 1 (most positive), rounded to 4 decimals. */
  readonly compound: number;
  /** Shares of the text, 0 to 1, rounded to 3 decimals. */
  readonly positive: number;
  readonly neutral: number;
  readonly negative: number;
}

/** A word or sign of a text that counts in its compound: from `start` to `end`, in UTF-16 code units. */
export interface RatedPart {
  readonly start: number;
  readonly end: number;
  /** What it adds to the sum from which the compound is made. Never 0, except as a sum of several. */
  readonly valence: number;
}

/** Scores any string, the empty one included. MUST NOT throw, and MUST give equal texts equal scores. */
export type Scorer = (text: string) => Scores;

/** Finds the first `most` parts that a scorer's compound is made of, in the order of the text. MUST NOT throw. */
export type Rater = (text: string, most: number) => RatedPart[];
