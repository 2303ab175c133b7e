// Types of packages that bring none: only what is used of them.

declare module 'stopword' {
  export const eng: readonly string[];
}

declare module 'vader-sentiment' {
  const vader: {
    readonly SentimentIntensityAnalyzer: {
      polarity_scores(text: string): { compound: number; pos: number; neu: number; neg: number };
    };
  };

  export default vader;
}
