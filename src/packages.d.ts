// Types of packages that bring none: only what is used of them.

declare module 'stopword' {
  export const eng: readonly string[];
}

declare module 'vader-sentiment/src/vader_lexicon.js' {
  export const lexicon: Readonly<Record<string, number>>;
}

declare module 'vader-sentiment' {
  const vader: {
    readonly SentimentIntensityAnalyzer: { polarity_scores(text: string): unknown };
  };
  export default vader;
}
