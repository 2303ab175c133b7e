// Reads and checks a line of X's stream.
// https://docs.x.com/x-api/stream/stream-filtered-posts

import { type Fields, isRecord, parseJson } from '../../base/json.ts';
import { MAX_TAG_LENGTH, readLanguages } from '../../base/language.ts';
import type { Post } from '../../base/post.ts';
import { isDate } from '../post-fields.ts';
import { readEntities } from './entities.ts';
import { asRecord, type Failure, quoteError } from './failure.ts';

type StreamRecord =
  | {
      readonly kind: 'post';
      readonly post: Post;
      /** The id of the first version: all edits of a post share it. */
      readonly original: string;
    }
  | { readonly kind: 'repost'; readonly id: string }
  /** X ends the stream. */
  | { readonly kind: 'error'; readonly failure: Failure }
  | { readonly kind: 'bad'; readonly reason: string };

/** The fields that `readRecord` reads, for X's query parameter. */
export const FIELDS =
  'created_at,lang,entities,referenced_tweets,note_tweet,edit_history_tweet_ids';

/** X does not tell Bokmål from Norwegian. */
const NORWEGIAN = ['no', 'nb'];
/** What X calls the errors that end a stream, in a title or at the end of a type. */
const DISCONNECT =
  /^(?:operational-?disconnect|client-?disconnected|streaming-connection|ConnectionException)$/i;
const ID = /^\d{1,20}$/;

export function readRecord(line: string): StreamRecord {
  const record = parseJson(line);
  if (record === undefined) return bad('not JSON');
  if (!isRecord(record)) return bad('not a JSON object');
  const { data, errors, ...rest } = record;
  // A post may come with errors about the posts that it refers to.
  const isPost = data !== undefined && data !== null;
  if (!isPost && Array.isArray(errors)) return readErrors(errors.map(asRecord));
  const { title, type } = rest;
  if (!isPost && typeof (title ?? type) === 'string') return readErrors([rest]);
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
  if (lang !== undefined && lang.length > MAX_TAG_LENGTH) {
    return bad('"lang" is too long for a language');
  }
  if (createdAt !== undefined && !isDate(createdAt)) return bad('"created_at" must be a date');
  // X is renaming its fields from tweets to posts.
  const references = data.referenced_tweets ?? data.referenced_posts ?? [];
  if (!Array.isArray(references)) return bad('"referenced_tweets" must be a list');
  if (references.map(asRecord).some(({ type }) => type === 'retweeted')) {
    return { kind: 'repost', id };
  }
  const history = data.edit_history_tweet_ids ?? data.edit_history_post_ids ?? [];
  if (!Array.isArray(history) || !history.every(isId)) {
    return bad('"edit_history_tweet_ids" must be a list of ids');
  }
  const note = asRecord(data.note_tweet ?? data.note_post);
  const whole = note.text ?? text;
  if (typeof whole !== 'string') return bad('"note_tweet.text" must be a string');
  const ids = new Set([id, ...history]);
  const content = readEntities(whole, [note.entities, data.entities], ids);
  const post = {
    id,
    source: 'x',
    ...content,
    asSent: content.text === whole ? undefined : whole,
    attached: [],
    langs: readLanguages(lang === 'no' ? NORWEGIAN : [lang ?? '']),
    createdAt: createdAt === undefined ? undefined : new Date(createdAt),
    url: `https://x.com/i/web/status/${id}`,
  };
  return { kind: 'post', post, original: earliest([...ids]) };
}

function readErrors(errors: readonly Fields[]): StreamRecord {
  const end = errors.find(isDisconnect);
  if (end === undefined) return bad(`an error without a post (${quote(errors[0])})`);
  const kind = end.connection_issue === undefined ? 'network' : 'taken';
  return { kind: 'error', failure: { kind, reason: `X ended the stream (${quote(end)})` } };
}

/** Other errors are about a post, such as one that is gone, and the stream goes on. */
function isDisconnect({ title, type, disconnect_type, connection_issue }: Fields): boolean {
  if (disconnect_type !== undefined || connection_issue !== undefined) return true;
  const names = [title, typeof type === 'string' ? type.split(/[/#]/).at(-1) : undefined];
  return names.some((name) => typeof name === 'string' && DISCONNECT.test(name));
}

function quote(error: Fields | undefined): string {
  return quoteError(error) || 'without a reason';
}

// Ids grow with time. The order of the history is not documented.
function earliest(ids: readonly string[]): string {
  return ids.reduce((a, b) => (b.length < a.length || (b.length === a.length && b < a) ? b : a));
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

function bad(reason: string): StreamRecord {
  return { kind: 'bad', reason };
}
