// How a text is scored. Implementations stand beside it, one per file, and pass test/contract/scorer.ts.

export interface Scores {
  /** VADER's compound, -1 (most negative) to 1 (most positive), rounded to 4 decimals. */
  readonly compound: number;
  /** Shares of the text, 0 to 1, rounded to 3 decimals. */
  readonly positive: number;
  readonly neutral: number;
  readonly negative: number;
}

/** Scores any string, the empty one included. MUST NOT throw, and MUST give equal texts equal scores. */
export type Scorer = (text: string) => Scores;
