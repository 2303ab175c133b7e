// A line of X's stream, read and checked: a post, a repost, a word from X about the stream, or rubbish.
// https://docs.x.com/x-api/stream/stream-filtered-posts

import { isRecord, parseJson } from '../../base/json.ts';
import type { Post } from '../../base/post.ts';
import { asRecord, type Failure } from './failure.ts';
import { readLanguage } from './rule-text.ts';

export type StreamRecord =
  | {
      readonly kind: 'post';
      readonly post: Post;
      /** The id of its first version; the same for all edits of a post. */
      readonly original: string;
    }
  | { readonly kind: 'repost'; readonly id: string }
  /** X ends the stream. */
  | { readonly kind: 'error'; readonly failure: Failure }
  | { readonly kind: 'bad'; readonly reason: string };

/** What `readRecord` reads, as X's query parameter. */
export const FIELDS =
  'created_at,lang,entities,referenced_tweets,note_tweet,edit_history_tweet_ids';

/** As many as a language tag should have room for (RFC 5646, section 4.4.1). */
const MOST_LANGUAGE_CHARACTERS = 35;
const ID = /^\d{1,20}$/;

export function readRecord(line: string): StreamRecord {
  const record = parseJson(line);
  if (record === undefined) return bad('not JSON');
  if (!isRecord(record)) return bad('not a JSON object');
  const { data, errors, ...rest } = record;
  // A post may come with errors about what it refers to.
  if (data === undefined && Array.isArray(errors)) return readErrors(errors);
  if (data === undefined && typeof rest.title === 'string') return readErrors([rest]);
  if (typeof data !== 'object' || data === null) return bad('"data" must be an object');
  return readPost(data as Record<string, unknown>);
}

function readPost(data: Readonly<Record<string, unknown>>): StreamRecord {
  const { id, text, lang, created_at: createdAt } = data;
  if (!isId(id)) return bad('"id" must be a string of digits');
  if (typeof text !== 'string') return bad('"text" must be a string');
  if (lang !== undefined && (typeof lang !== 'string' || lang === '')) {
    return bad('"lang" must be a string');
  }
  if (lang !== undefined && lang.length > MOST_LANGUAGE_CHARACTERS) {
    return bad('"lang" is too long for a language');
  }
  if (createdAt !== undefined && !isDate(createdAt)) return bad('"created_at" must be a date');
  // X is renaming tweets to posts, field by field.
  const references = data.referenced_tweets ?? data.referenced_posts ?? [];
  if (!Array.isArray(references)) return bad('"referenced_tweets" must be a list');
  if (references.map(asRecord).some(({ type }) => type === 'retweeted')) {
    return { kind: 'repost', id };
  }
  const history = data.edit_history_tweet_ids ?? data.edit_history_post_ids ?? [];
  if (!Array.isArray(history) || !history.every(isId)) {
    return bad('"edit_history_tweet_ids" must be a list of ids');
  }
  const whole = asRecord(data.note_tweet ?? data.note_post).text ?? text;
  if (typeof whole !== 'string') return bad('"note_tweet.text" must be a string');
  const post = {
    id,
    source: 'x',
    text: whole,
    langs: lang === undefined ? [] : readLanguage(lang),
    createdAt: createdAt === undefined ? undefined : new Date(createdAt),
    url: `https://x.com/i/web/status/${id}`,
  };
  return { kind: 'post', post, original: earliest([id, ...history]) };
}

function readErrors(errors: readonly unknown[]): StreamRecord {
  const { title, detail, connection_issue: issue } = asRecord(errors[0]);
  const said = [title, detail].filter((it) => typeof it === 'string').join(': ');
  const reason = `X ended the stream (${said.slice(0, 200) || 'without a reason'})`;
  return { kind: 'error', failure: { kind: issue === undefined ? 'network' : 'taken', reason } };
}

// Ids grow with time, and the order of the history is not documented.
function earliest(ids: readonly string[]): string {
  return ids.reduce((a, b) => (b.length < a.length || (b.length === a.length && b < a) ? b : a));
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

/** Of a year with four digits, as all clients expect one; Date itself takes "12", and the year 275760. */
function isDate(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const ms = Date.parse(value);
  return /^\d{4}-/.test(value) && !Number.isNaN(ms) && /^\d{4}-/.test(new Date(ms).toISOString());
}

function bad(reason: string): StreamRecord {
  return { kind: 'bad', reason };
}
