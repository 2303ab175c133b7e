// Reads an event of Jetstream v1: https://github.com/bluesky-social/jetstream

import { isRecord, parseJson } from '../../base/json.ts';
import type { Post } from '../../base/post.ts';
import { readPostRecord } from './post-record.ts';

export type JetstreamEvent =
  | {
      readonly kind: 'post';
      readonly timeUs: number;
      readonly post: Post;
      /** Tells versions of posts apart: did, rkey and cid. */
      readonly key: string;
    }
  /** Not a new post: an edit, a deletion, another collection, or news of an account. */
  | { readonly kind: 'other'; readonly timeUs: number }
  | { readonly kind: 'bad'; readonly reason: string; readonly timeUs?: number };

export const POST_COLLECTION = 'app.bsky.feed.post';

/**
 * The oldest date that is believed of a new post. A phone may have been offline for an evening. Anything
 * older is a broken clock or an imported archive, and counts as made when it arrived.
 */
const MOST_CLAIMED_AGE_MS = 6 * 60 * 60 * 1000;
/** The most characters of an upstream value that a reason quotes. */
const EXCERPT_LENGTH = 60;

/** Identifiers become parts of URLs, so they must not contain a character that has a meaning there. */
const DID = /^did:[a-z]{1,20}:[A-Za-z0-9._:-]{1,250}$/;
const RKEY = /^(?!\.{1,2}$)[A-Za-z0-9._:~-]{1,512}$/;
const CID = /^[A-Za-z0-9]{1,128}$/;

/** Never throws, whatever `text` is. */
export function readEvent(text: string): JetstreamEvent {
  const event = parseJson(text);
  if (event === undefined) return bad(`the frame is not JSON: ${excerpt(text)}`);
  if (!isRecord(event)) return bad(`the frame is not a JSON object: ${excerpt(text)}`);
  const { time_us: timeUs, kind, did, commit } = event;
  if (!isTime(timeUs)) return bad(`"time_us" is not microseconds since 1970: ${quote(timeUs)}`);
  if (typeof kind !== 'string') return bad(`"kind" is not a string: ${quote(kind)}`, timeUs);
  return kind === 'commit' ? readCommit(did, commit, timeUs) : { kind: 'other', timeUs };
}

function readCommit(did: unknown, commit: unknown, timeUs: number): JetstreamEvent {
  if (!isRecord(commit)) return bad(`"commit" is not an object: ${quote(commit)}`, timeUs);
  const { operation, collection, rkey, cid, record } = commit;
  if (typeof collection !== 'string') {
    return bad(`"collection" is not a string: ${quote(collection)}`, timeUs);
  }
  if (collection !== POST_COLLECTION || operation === 'update' || operation === 'delete') {
    return { kind: 'other', timeUs };
  }
  if (operation !== 'create') return bad(`"operation" is unknown: ${quote(operation)}`, timeUs);
  if (!matches(DID, did)) return bad(`"did" is not a DID: ${quote(did)}`, timeUs);
  if (!matches(RKEY, rkey)) return bad(`"rkey" is not a record key: ${quote(rkey)}`, timeUs);
  if (!matches(CID, cid)) return bad(`"cid" is not a CID: ${quote(cid)}`, timeUs);
  if (!isRecord(record)) return bad(`"record" is not an object: ${quote(record)}`, timeUs);
  if (typeof record.text !== 'string') {
    return bad(`"text" is not a string: ${quote(record.text)}`, timeUs);
  }
  const id = `at://${did}/${POST_COLLECTION}/${rkey}`;
  const post: Post = {
    id,
    source: 'bluesky',
    ...readPostRecord(record.text, record),
    createdAt: readCreatedAt(record.createdAt, timeUs),
    url: `https://bsky.app/profile/${did}/post/${rkey}`,
  };
  return { kind: 'post', timeUs, post, key: `${id} ${cid}` };
}

/** The author's claim if it is credible, else the time at which Jetstream got the post. */
function readCreatedAt(claim: unknown, timeUs: number): Date {
  const arrived = Math.floor(timeUs / 1000);
  const claimed = typeof claim === 'string' ? Date.parse(claim) : Number.NaN;
  const credible = claimed <= arrived && claimed >= arrived - MOST_CLAIMED_AGE_MS;
  return new Date(credible ? claimed : arrived);
}

function bad(reason: string, timeUs?: number): JetstreamEvent {
  return timeUs === undefined
    ? { kind: 'bad', reason }
    : { kind: 'bad', reason: `frame ${timeUs}: ${reason}`, timeUs };
}

/** The beginning of `text`, quoted and in printable ASCII, so that it is safe in a log. */
export function excerpt(text: string): string {
  const start = text
    .slice(0, EXCERPT_LENGTH)
    .replace(/["\\]/g, '\\$&')
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `"${start}${text.length > EXCERPT_LENGTH ? '…' : ''}"`;
}

function quote(value: unknown): string {
  if (typeof value === 'string') return excerpt(value);
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'a list' : 'an object';
  return value === undefined ? 'missing' : String(value);
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function matches(pattern: RegExp, value: unknown): value is string {
  return typeof value === 'string' && pattern.test(value);
}
