// VADER (Hutto & Gilbert 2014), to the letter of its reference implementation, vaderSentiment 3.3.2.
// The names in brackets are the reference's functions.

import { beforeReplacement, type Replacement } from '../replacement.ts';
import type { RatedPart, Rater, Scorer, Scores } from '../scorer.ts';
import { contrast } from './contrast.ts';
import { round } from './rounding.ts';
import { type Tokens, tokenize } from './tokens.ts';
import { ratedValence } from './valence-rules.ts';
import { idOf } from './vocabulary.ts';

/** Marks add to the text's intensity whatever their place (paper, section 3.2, heuristic 1). */
const EXCLAMATION_INCREASE = 0.292;
const MAX_EXCLAMATION_MARKS = 4;
const QUESTION_INCREASE = 0.18;
const FEWEST_QUESTION_MARKS = 2;
const MAX_QUESTION_MARKS = 3;
const MANY_QUESTIONS_INCREASE = 0.96;

/** About the highest sum to expect of a text (normalize). */
const ALPHA = 15;
const COMPOUND_DECIMALS = 4;
const SHARE_DECIMALS = 3;
/** Makes up for neutral words, which count as 1 (_sift_sentiment_scores). */
const WORD_WEIGHT = 1;

const KIND = idOf('kind');
const OF = idOf('of');

const NOTHING: Scores = { compound: 0, positive: 0, neutral: 0, negative: 0 };

export const vader: Scorer = (text) => {
  const tokens = tokenize(text);
  return tokens.count === 0 ? NOTHING : scores(tokens, valences(tokens));
};

/** The words that made a text's sum, before its punctuation counts. An emoji stands for the words of its description. */
export const vaderWords: Rater = (text, most) => {
  const replaced: Replacement[] = [];
  const tokens = tokenize(text, replaced);
  return [...beforeReplacement(ratedParts(tokens), replaced).take(most)];
};

function* ratedParts(tokens: Tokens): Generator<RatedPart> {
  const { bytes, starts, ends } = tokens;
  const indexes: number[] = [];
  const found = valences(tokens, indexes);
  let at = 0;
  let units = 0;
  for (const [i, index] of indexes.entries()) {
    const start = starts[index] ?? 0;
    units += bytes.toString('utf8', at, start).length;
    at = start;
    // A rated word is ASCII.
    yield { start: units, end: units + (ends[index] ?? 0) - start, valence: found[i] ?? 0 };
  }
}

/** The valences other than 0 of a text's words, in order (polarity_scores). `indexes` gets their indexes in `rated`. */
function valences(tokens: Tokens, indexes?: number[]): number[] {
  const { words, rated, ratedCount, but } = tokens;
  const found: number[] = [];
  let beforeBut = 0;
  for (let index = 0; index < ratedCount; index++) {
    const at = rated[index] ?? 0;
    if (words[at] === KIND && words[at + 1] === OF) continue;
    const valence = ratedValence(tokens, at);
    if (valence === 0) continue;
    found.push(valence);
    indexes?.push(index);
    if (at < but) beforeBut = found.length;
  }
  if (but > 0) contrast(found, beforeBut);
  return found;
}

/** Sums up (score_valence). Additions keep the reference's order, and so its last bits. */
function scores(tokens: Tokens, valences: readonly number[]): Scores {
  let sum = 0;
  let positive = 0;
  let negative = 0;
  for (const valence of valences) {
    sum += valence;
    if (valence > 0) positive += valence + WORD_WEIGHT;
    else negative += valence - WORD_WEIGHT;
  }
  const emphasis = punctuationEmphasis(tokens);
  if (sum > 0) sum += emphasis;
  else if (sum < 0) sum -= emphasis;
  if (positive > -negative) positive += emphasis;
  else if (positive < -negative) negative -= emphasis;
  const neutral = tokens.count - valences.length;
  const total = positive - negative + neutral;
  return {
    compound: round(sum / Math.sqrt(sum * sum + ALPHA), COMPOUND_DECIMALS),
    positive: round(positive / total, SHARE_DECIMALS),
    neutral: round(neutral / total, SHARE_DECIMALS),
    negative: round(Math.abs(negative) / total, SHARE_DECIMALS),
  };
}

/** (_punctuation_emphasis) */
function punctuationEmphasis({ exclamationMarks, questionMarks }: Tokens): number {
  const exclaimed = Math.min(exclamationMarks, MAX_EXCLAMATION_MARKS) * EXCLAMATION_INCREASE;
  if (questionMarks < FEWEST_QUESTION_MARKS) return exclaimed;
  return (
    exclaimed +
    (questionMarks > MAX_QUESTION_MARKS
      ? MANY_QUESTIONS_INCREASE
      : questionMarks * QUESTION_INCREASE)
  );
}
