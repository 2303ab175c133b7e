// What Jetstream says in one frame: a new post, something else that is legal, or nothing usable.
// v1 of https://github.com/bluesky-social/jetstream; the record is the lexicon app.bsky.feed.post.

import { isRecord, parseJson } from '../../base/json.ts';
import type { Post } from '../../base/post.ts';

export type Frame =
  | {
      readonly kind: 'post';
      readonly timeUs: number;
      readonly post: Post;
      /** Equal for two frames on the same version of the same post: did, rkey and cid. */
      readonly key: string;
    }
  /** Legal, and no new post: an edit, a deletion, another collection, news of an account. */
  | { readonly kind: 'other'; readonly timeUs: number }
  | { readonly kind: 'bad'; readonly reason: string; readonly timeUs?: number };

export const POST_COLLECTION = 'app.bsky.feed.post';

/**
 * How far before its arrival a post may claim to have been made: a phone that was offline for an
 * evening is believed. Beyond it are broken clocks and archives that are imported with the dates of
 * years ago; both are news now, and a listener to what is live is told when they came.
 */
const MOST_CLAIMED_AGE_MS = 6 * 60 * 60 * 1000;
/** The characters of an upstream value that a reason quotes at most. */
const EXCERPT_LENGTH = 60;
/** The lexicon allows three; a few more do no harm, and hundreds are nobody's languages. */
const MOST_LANGS = 8;

/** Identifiers go into addresses, so none may hold a character that means something there. */
const DID = /^did:[a-z]{1,20}:[A-Za-z0-9._:-]{1,250}$/;
const RKEY = /^(?!\.{1,2}$)[A-Za-z0-9._:~-]{1,512}$/;
const CID = /^[A-Za-z0-9]{1,128}$/;
const LANGUAGE_TAG = /^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,5}$/;

/** Reads a text frame. Never throws, whatever it holds. */
export function decodeFrame(text: string): Frame {
  const frame = parseJson(text);
  if (frame === undefined) return bad(`the frame is not JSON: ${excerpt(text)}`);
  if (!isRecord(frame)) return bad(`the frame is not a JSON object: ${excerpt(text)}`);
  const timeUs = frame.time_us;
  if (!isTime(timeUs)) return bad(`"time_us" is not microseconds since 1970: ${quote(timeUs)}`);
  if (frame.kind !== 'commit') {
    return typeof frame.kind === 'string'
      ? { kind: 'other', timeUs }
      : bad(`"kind" is not a string: ${quote(frame.kind)}`, timeUs);
  }
  return decodeCommit(frame.did, frame.commit, timeUs);
}

function decodeCommit(did: unknown, commit: unknown, timeUs: number): Frame {
  if (!isRecord(commit)) return bad(`"commit" is not an object: ${quote(commit)}`, timeUs);
  const { operation, collection, rkey, cid, record } = commit;
  if (typeof collection !== 'string') {
    return bad(`"collection" is not a string: ${quote(collection)}`, timeUs);
  }
  if (collection !== POST_COLLECTION || operation === 'update' || operation === 'delete') {
    return { kind: 'other', timeUs };
  }
  if (operation !== 'create') return bad(`"operation" is unknown: ${quote(operation)}`, timeUs);
  if (!matches(DID, did)) return bad(`"did" is not one: ${quote(did)}`, timeUs);
  if (!matches(RKEY, rkey)) return bad(`"rkey" is not one: ${quote(rkey)}`, timeUs);
  if (!matches(CID, cid)) return bad(`"cid" is not one: ${quote(cid)}`, timeUs);
  if (!isRecord(record)) return bad(`"record" is not an object: ${quote(record)}`, timeUs);
  if (typeof record.text !== 'string') {
    return bad(`"text" is not a string: ${quote(record.text)}`, timeUs);
  }
  const id = `at://${did}/${POST_COLLECTION}/${rkey}`;
  const post: Post = {
    id,
    source: 'bluesky',
    text: record.text,
    langs: readLangs(record.langs),
    createdAt: readCreatedAt(record.createdAt, timeUs),
    url: `https://bsky.app/profile/${did}/post/${rkey}`,
  };
  return { kind: 'post', timeUs, post, key: `${id} ${cid}` };
}

/** The tags that are any; a post whose languages make no sense names none, and is still a post. */
function readLangs(langs: unknown): string[] {
  if (!Array.isArray(langs)) return [];
  return langs.slice(0, MOST_LANGS).filter((tag) => matches(LANGUAGE_TAG, tag));
}

/** The author's claim where it can be true, else when Jetstream got the post: never later than that. */
function readCreatedAt(claim: unknown, timeUs: number): Date {
  const arrived = Math.floor(timeUs / 1000);
  const claimed = typeof claim === 'string' ? Date.parse(claim) : Number.NaN;
  const credible = claimed <= arrived && claimed >= arrived - MOST_CLAIMED_AGE_MS;
  return new Date(credible ? claimed : arrived);
}

function bad(reason: string, timeUs?: number): Frame {
  return timeUs === undefined
    ? { kind: 'bad', reason }
    : { kind: 'bad', reason: `frame ${timeUs}: ${reason}`, timeUs };
}

/** The beginning of `text`, in quotes and printable ASCII, fit for a log whatever was sent. */
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
