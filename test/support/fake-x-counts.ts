// The counts of the last seven days, as X's documentation shows them. The first and the last day are cut.

import type { Answer } from './fake-x-rule-book.ts';
import { parseRule, RuleError } from './fake-x-rules.ts';

const DAY_MS = 24 * 60 * 60_000;
const DAYS = 7;
const MAX_CHARACTERS = 512;

export function countPosts(query: string, now: number, postsPerDay: number): Answer {
  const reason = whyNot(query);
  if (reason !== undefined) {
    const errors = [{ parameters: { query: [query] }, message: reason }];
    const title = 'Invalid Request';
    return { status: 400, body: { errors, title, detail: reason, type: 'about:blank' } };
  }
  const data = [];
  for (let start = now - DAYS * DAY_MS; start < now; ) {
    const end = Math.min(now, (Math.floor(start / DAY_MS) + 1) * DAY_MS);
    data.push({
      start: new Date(start).toISOString(),
      end: new Date(end).toISOString(),
      tweet_count: Math.round((postsPerDay * (end - start)) / DAY_MS),
    });
    start = end;
  }
  const total = data.reduce((sum, { tweet_count: count }) => sum + count, 0);
  return { status: 200, body: { data, meta: { total_tweet_count: total } } };
}

function whyNot(query: string): string | undefined {
  if (query.length > MAX_CHARACTERS) {
    return `Your query has ${query.length} characters; the limit is ${MAX_CHARACTERS}.`;
  }
  try {
    parseRule(query);
    return undefined;
  } catch (error) {
    if (error instanceof RuleError) return error.message;
    throw error;
  }
}
