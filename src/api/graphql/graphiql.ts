// GraphiQL, the page to try queries on, with a few queries to begin with.

import type { RequestListener } from 'node:http';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { createFile, type File, serveFile } from '../http/static-file.ts';
import { LOGO, tieToDashboard } from './graphiql-link.ts';

// Without variables: GraphiQL drops those of the first tab.
const TABS = [
  {
    query: `# Press play to see every post on coffee as it arrives.
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
    words { word valence }
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

/** The same tabs, with a place for the token. */
const TABS_WITH_TOKEN = TABS.map((tab) => ({
  ...tab,
  headers: '{ "authorization": "Bearer " }',
}));

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy': "frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
} as const;

/** The page has nine megabytes, so the first request makes it, and it is kept for all. */
export function createGraphiQL(isTokenRequired: boolean): RequestListener {
  const options = {
    title: 'Senti',
    logo: LOGO,
    favicon: 'data:,',
    // Over a WebSocket, GraphiQL does not send the token in its headers.
    subscriptionsProtocol: isTokenRequired ? 'SSE' : 'WS',
    defaultTabs: isTokenRequired ? TABS_WITH_TOKEN : TABS,
    shouldPersistHeaders: false,
  } as const;
  let file: Promise<File> | undefined;
  return async (request, response) => {
    file ??= createFile(Buffer.from(tieToDashboard(renderGraphiQL(options))), HEADERS);
    serveFile(await file, request, response);
  };
}
