// The counts of the last seven days, as X's documentation shows them. The first and the last day are cut.

import type { Answer } from './fake-x-rule-book.ts';
import { parseRule, type Rule, RuleError } from './fake-x-rules.ts';

const DAY_MS = 24 * 60 * 60_000;
const DAYS = 7;
const MAX_CHARACTERS = 512;

/** Posts a day that a rule would have brought, or the same for each. */
export type PostsPerDay = number | ((rule: Rule) => number);

export function countPosts(query: string, now: number, counted: PostsPerDay): Answer {
  const rule = read(query);
  if (typeof rule === 'string') {
    const reason = rule;
    const errors = [{ parameters: { query: [query] }, message: reason }];
    const title = 'Invalid Request';
    return { status: 400, body: { errors, title, detail: reason, type: 'about:blank' } };
  }
  const postsPerDay = typeof counted === 'number' ? counted : counted(rule);
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

/** Says what is wrong with a query instead. */
function read(query: string): Rule | string {
  if (query.length > MAX_CHARACTERS) {
    return `Your query has ${query.length} characters; the limit is ${MAX_CHARACTERS}.`;
  }
  try {
    return parseRule(query);
  } catch (error) {
    if (error instanceof RuleError) return error.message;
    throw error;
  }
}
