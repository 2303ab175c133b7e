// What GraphiQL shows to a visitor who has not written anything yet.

// The values stand in the operations: GraphiQL drops the variables that the first tab comes with.
export const GRAPHIQL_TABS = [
  {
    query: `# Press play: every made-up or real post on coffee, as it comes.
subscription Sentiment {
  sentiment(track: "coffee") {
    polarityIndex
    polarity
    score
    hashtags { tag count }
    post { id source url createdAt }
  }
}
`,
  },
  {
    query: `query Analyze {
  analyze(text: "Best espresso ever!! :) #coffee") {
    polarity
    score
    positive
    neutral
    negative
    hashtags { tag count }
  }
}
`,
  },
  {
    query: `query Status {
  status {
    source { name state reason until }
    activeTracks
    listeners
    postsSeen
    postsMatched
  }
}
`,
  },
];

/** The same tabs, with a place for the token in their headers. */
export function withToken(tabs: typeof GRAPHIQL_TABS) {
  return tabs.map((tab) => ({ ...tab, headers: '{ "authorization": "Bearer " }' }));
}
