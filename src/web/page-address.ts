// What the page shows, in its address, such as `/?track=coffee&track=tea&range=24h`, so that a link shows the same.

import { RANGES, type Range } from './range.ts';

export const MAX_TOPICS = 4;

/** The topics of a query string such as `?track=coffee&track=tea`: the first four, each once. */
export function readTopics(search: string): string[] {
  const topics: string[] = [];
  for (const value of new URLSearchParams(search).getAll('track')) {
    const topic = value.trim();
    if (topic !== '' && !isAmong(topics, topic)) topics.push(topic);
  }
  return topics.slice(0, MAX_TOPICS);
}

/** The address of these topics and this range, from the root on. */
export function addressOf(topics: readonly string[], range?: Range): string {
  const parts = topics.map((topic) => ['track', topic]);
  if (range && range !== RANGES[0]) parts.push(['range', range.name]);
  return parts.length === 0 ? '/' : `/?${new URLSearchParams(parts)}`;
}

/** The address of GraphiQL with a subscription for each topic. */
export function graphiqlOf(topics: readonly string[]): string {
  if (topics.length === 0) return '/graphql';
  // Short, because GraphiQL's editor holds only the lines that it shows.
  const queries = topics.map(
    (topic, i) => `subscription Topic${i + 1} {
  sentiment(track: ${JSON.stringify(topic)}) { polarity score post { url text } }
}
`,
  );
  return `/graphql?${new URLSearchParams({ query: queries.join('') })}`;
}

export function isAmong(topics: readonly string[], topic: string): boolean {
  return topics.some((other) => other.toLowerCase() === topic.toLowerCase());
}
