// VADER by the npm package of the first server's authors.

import vader from 'vader-sentiment';
import type { Scorer } from './scorer.ts';

export const npmVader: Scorer = (text) => {
  const { compound, pos, neu, neg } = vader.SentimentIntensityAnalyzer.polarity_scores(text);
  return { compound, positive: pos, neutral: neu, negative: neg };
};
