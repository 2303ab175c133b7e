// What GraphiQL shows to a visitor who has not written anything yet.

export const GRAPHIQL_TABS = [
  {
    query: `# Press play: every made-up or real post on coffee, as it comes.
subscription Sentiment($track: String!) {
  sentiment(track: $track) {
    polarityIndex
    polarity
    score
    hashtags { tag count }
    post { id source url createdAt }
  }
}
`,
    variables: '{ "track": "coffee" }',
  },
  {
    query: `query Analyze($text: String!) {
  analyze(text: $text) {
    polarity
    score
    positive
    neutral
    negative
    hashtags { tag count }
  }
}
`,
    variables: '{ "text": "Best espresso ever!! :) #coffee" }',
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
