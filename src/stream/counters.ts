// What a server counts from its start on, and what each count means to operators and clients.

import { MAX_TEXT } from '../base/post.ts';

const POST_COUNTS = {
  postsSeen: 'Posts that came from the source.',
  postsMatched: 'Posts that matched at least one track.',
  postsBad: 'Bad posts: records from the source that could not be read as posts.',
  postsRepeated: 'Posts that the source sent again. They were not delivered again.',
  postsTruncated: `Posts longer than ${MAX_TEXT} characters. The rest of each was not read.`,
} as const;

const EVENT_COUNTS = {
  eventsPublished: 'Events of tracks. A post counts once for each track that it matches.',
  eventsDelivered: 'Events handed to listeners. A post counts once for each listener.',
  eventsDropped: 'Events that slow listeners did not get.',
} as const;

export const COUNTS = { ...POST_COUNTS, ...EVENT_COUNTS };

export type PostCounters = Record<keyof typeof POST_COUNTS, number>;
export type Counters = Readonly<Record<keyof typeof COUNTS, number>>;

/** By the name of the source. */
export type SourceCounters = ReadonlyMap<string, Readonly<PostCounters>>;

/** What all sources together count. */
export function sumOf(counters: SourceCounters): PostCounters {
  const sum = postCountersAtZero();
  for (const each of counters.values()) {
    for (const name of Object.keys(POST_COUNTS) as (keyof PostCounters)[]) sum[name] += each[name];
  }
  return sum;
}

export function postCountersAtZero(): PostCounters {
  return { postsSeen: 0, postsMatched: 0, postsBad: 0, postsRepeated: 0, postsTruncated: 0 };
}
