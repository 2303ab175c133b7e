// Reads a frame of Jetstream, of either version: https://github.com/bluesky-social/jetstream
// In v1 a frame is an event. In v2 it is an envelope, {"$type": "message", "payload": …}, with the event in it.

import { type Fields, isRecord, parseJson } from '../../base/json.ts';
import type { Post } from '../../base/post.ts';
import { excerpt, quote } from '../excerpt.ts';
import { readCreatedAt } from '../post-fields.ts';
import type { Position } from './cursor.ts';
import { POST_COLLECTION } from './jetstream-address.ts';
import { readPostRecord } from './post-record.ts';

export type JetstreamEvent =
  | {
      readonly kind: 'post';
      readonly position: Position;
      readonly post: Post;
      /** Tells versions of posts apart: did, rkey and cid. */
      readonly key: string;
    }
  | { readonly kind: 'deleted'; readonly position: Position; readonly id: string }
  /** Not about a post, or an edit. */
  | { readonly kind: 'other'; readonly position?: Position }
  /** The host no longer has what the cursor asked for. */
  | { readonly kind: 'gap' }
  /** The host does not know the number that the cursor asked for, and begins at now. */
  | { readonly kind: 'unknown cursor' }
  /** The host ends the connection. */
  | { readonly kind: 'end'; readonly reason: string }
  | { readonly kind: 'bad'; readonly reason: string; readonly position?: Position };

/** Identifiers become parts of URLs, so they must not contain a character that has a meaning there. */
const DID = /^did:[a-z]{1,20}:[A-Za-z0-9._:-]{1,250}$/;
const RKEY = /^(?!\.{1,2}$)[A-Za-z0-9._:~-]{1,512}$/;
const CID = /^[A-Za-z0-9]{1,128}$/;
const MICROSECONDS = /\.\d{3}(\d{3})/;

/** Never throws, whatever `text` is. */
export function readEvent(text: string): JetstreamEvent {
  const frame = parseJson(text);
  if (frame === undefined) return bad(`the frame is not JSON: ${excerpt(text)}`);
  if (!isRecord(frame)) return bad(`the frame is not a JSON object: ${excerpt(text)}`);
  if (frame.$type === 'message') return readMessage(frame.payload);
  if (frame.$type === 'error') {
    return {
      kind: 'end',
      reason: `ended the stream: ${quote(frame.error)} ${quote(frame.message)}`,
    };
  }
  const { time_us: timeUs, kind, did, commit } = frame;
  if (!isPositive(timeUs)) return bad(`"time_us" is not microseconds since 1970: ${quote(timeUs)}`);
  const position = { timeUs };
  if (typeof kind !== 'string') return bad(`"kind" is not a string: ${quote(kind)}`, position);
  if (kind !== 'commit') return { kind: 'other', position };
  if (!isRecord(commit)) return bad(`"commit" is not an object: ${quote(commit)}`, position);
  return readCommit(did, commit, position);
}

/** The payload of a message of v2. */
function readMessage(payload: unknown): JetstreamEvent {
  if (!isRecord(payload)) return bad(`"payload" is not an object: ${quote(payload)}`);
  const { $type, seq, did, time, witnessedAt } = payload;
  if (typeof $type !== 'string') return bad(`"$type" is not a string: ${quote($type)}`);
  const type = $type.slice($type.indexOf('#') + 1);
  if (type === 'info') return readInfo(payload.name);
  // An operator can change `time`; older hosts send nothing else.
  const timeUs = readTime(witnessedAt) ?? readTime(time);
  if (timeUs === undefined) return bad(`"time" is not a date: ${quote(time)}`);
  const position = { timeUs, seq: isPositive(seq) ? seq : undefined };
  return type === 'commit' ? readCommit(did, payload, position) : { kind: 'other', position };
}

function readInfo(name: unknown): JetstreamEvent {
  if (name === 'OutdatedCursor') return { kind: 'gap' };
  return { kind: name === 'FutureCursor' ? 'unknown cursor' : 'other' };
}

function readCommit(did: unknown, commit: Fields, position: Position): JetstreamEvent {
  const { operation, collection, rkey, cid, record } = commit;
  if (typeof collection !== 'string') {
    return bad(`"collection" is not a string: ${quote(collection)}`, position);
  }
  if (collection !== POST_COLLECTION || operation === 'update') return { kind: 'other', position };
  if (operation !== 'create' && operation !== 'delete') {
    return bad(`"operation" is unknown: ${quote(operation)}`, position);
  }
  if (!matches(DID, did)) return bad(`"did" is not a DID: ${quote(did)}`, position);
  if (!matches(RKEY, rkey)) return bad(`"rkey" is not a record key: ${quote(rkey)}`, position);
  const id = `at://${did}/${POST_COLLECTION}/${rkey}`;
  if (operation === 'delete') return { kind: 'deleted', position, id };
  if (!matches(CID, cid)) return bad(`"cid" is not a CID: ${quote(cid)}`, position);
  if (!isRecord(record)) return bad(`"record" is not an object: ${quote(record)}`, position);
  const { text, createdAt } = record;
  if (typeof text !== 'string') return bad(`"text" is not a string: ${quote(text)}`, position);
  const post: Post = {
    id,
    source: 'bluesky',
    ...readPostRecord(text, record),
    createdAt: readCreatedAt(createdAt, Math.floor(position.timeUs / 1000)),
    url: `https://bsky.app/profile/${did}/post/${rkey}`,
  };
  return { kind: 'post', position, post, key: `${id} ${cid}` };
}

/** In microseconds since 1970. */
function readTime(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const timeUs = Date.parse(value) * 1000 + Number(MICROSECONDS.exec(value)?.[1] ?? 0);
  return isPositive(timeUs) ? timeUs : undefined;
}

function bad(reason: string, position?: Position): JetstreamEvent {
  return position === undefined
    ? { kind: 'bad', reason }
    : { kind: 'bad', reason: `frame ${position.timeUs}: ${reason}`, position };
}

function isPositive(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function matches(pattern: RegExp, value: unknown): value is string {
  return typeof value === 'string' && pattern.test(value);
}
