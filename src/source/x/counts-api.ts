// X's endpoint that counts the posts of the last seven days.
// https://docs.x.com/x-api/posts/counts/introduction

import type { Clock } from '../../base/clock.ts';
import { isCount } from '../../base/json.ts';
import { ApiFailure, createApiClient, UNREADABLE } from './api-client.ts';
import { asRecord } from './failure.ts';

const COUNTS = 'tweets/counts/recent';
const DAY_MS = 24 * 60 * 60_000;

export interface CountsApi {
  /** How many posts a day match a rule. */
  postsPerDay(rule: string): Promise<number | ApiFailure>;
  /** Breaks off the current call. Later calls fail. */
  close(): void;
}

/** Takes one call at a time. */
export function createCountsApi(url: string, token: string, clock: Clock): CountsApi {
  const { client, options, call, close } = createApiClient(url, token, clock);
  return {
    async postsPerDay(query) {
      const answer = await call(() => client.get(COUNTS, { query, granularity: 'day' }, options));
      return answer instanceof ApiFailure ? answer : (readCounts(answer.data) ?? UNREADABLE);
    },
    close,
  };
}

/** The first and the last day of the list are cut. */
function readCounts(data: unknown): number | undefined {
  if (!Array.isArray(data)) return undefined;
  let posts = 0;
  let time = 0;
  for (const { start, end, tweet_count: count } of data.map(asRecord)) {
    if (!isCount(count)) return undefined;
    posts += count;
    time += Date.parse(String(end)) - Date.parse(String(start));
  }
  return time > 0 ? (posts * DAY_MS) / time : undefined;
}
