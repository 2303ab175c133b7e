// GraphiQL, the page to try queries on, and what it shows to a visitor who has not written anything yet.

import type { RequestListener } from 'node:http';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { createFile, type File, serveFile } from '../http/static-file.ts';

// The values stand in the operations: GraphiQL drops the variables that the first tab comes with.
const TABS = [
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

/** The page is of nine megabytes: made when somebody asks for it first, and kept for all. */
export function createGraphiQL(isTokenAsked: boolean): RequestListener {
  let file: Promise<File> | undefined;

  function render(): Promise<File> {
    const page = renderGraphiQL({
      title: 'Senti',
      favicon: 'data:,',
      // Over a WebSocket it has no way to send the token that stands in its headers.
      subscriptionsProtocol: isTokenAsked ? 'SSE' : 'WS',
      defaultTabs: isTokenAsked ? TABS_WITH_TOKEN : TABS,
      shouldPersistHeaders: false,
    });
    return createFile(Buffer.from(page), HEADERS);
  }

  return async (request, response) => {
    file ??= render();
    serveFile(await file, request, response);
  };
}
