// The topics in the page's address, such as `/?track=coffee&track=tea`, so that a view can be shared as a link.

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

/** The address of these topics, from the root on. */
export function addressOf(topics: readonly string[]): string {
  if (topics.length === 0) return '/';
  return `/?${new URLSearchParams(topics.map((topic) => ['track', topic]))}`;
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
