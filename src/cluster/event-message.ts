// An event on its way to other nodes: a short header that is the topic's own, and the event itself, whose
// bytes are the same for every topic. A post's text stays where it was read.

import { isRecord, parseJson } from '../base/json.ts';
import { MAX_TEXT, type Post } from '../base/post.ts';
import {
  type Analysis,
  MAX_HASHTAGS,
  POLARITIES,
  type SentimentEvent,
} from '../sentiment/analysis.ts';
import { isCount, isEpoch, isNumber, isText } from './node-message.ts';

/** Where an event stands among those of its topic. */
export interface Stamp {
  /** Who made it: the revision at which its maker got the lease. */
  readonly epoch: number;
  /** One more than that of the event before, within an epoch. */
  readonly number: number;
}

/** 6 bytes each hold numbers up to 2^48, which JavaScript can count to. */
const NUMBER_BYTES = 6;
const HEADER_BYTES = 2 * NUMBER_BYTES;
/** All hashtags together are no longer than MAX_TEXT, which is 75 kB in UTF-8; the rest is a few kB. */
const MAX_EVENT_BYTES = 128 * 1024;

export function encodeEvent(event: SentimentEvent): Buffer {
  const { polarity: _, post, ...analysis } = event;
  const { text: _text, createdAt, ...rest } = post;
  return Buffer.from(JSON.stringify({ ...analysis, post: { ...rest, createdAt } }));
}

/** The whole message: `event` is what encodeEvent has made. */
export function stampEvent({ epoch, number }: Stamp, event: Buffer): Buffer {
  const message = Buffer.allocUnsafe(HEADER_BYTES + event.length);
  message.writeUIntBE(epoch, 0, NUMBER_BYTES);
  message.writeUIntBE(number, NUMBER_BYTES, NUMBER_BYTES);
  event.copy(message, HEADER_BYTES);
  return message;
}

/** The stamp alone, which costs next to nothing; undefined for what is no event. */
export function readStamp(message: Uint8Array): Stamp | undefined {
  if (message.length <= HEADER_BYTES || message.length > MAX_EVENT_BYTES) return undefined;
  const bytes = asBuffer(message);
  const epoch = bytes.readUIntBE(0, NUMBER_BYTES);
  if (!isEpoch(epoch)) return undefined;
  return { epoch, number: bytes.readUIntBE(NUMBER_BYTES, NUMBER_BYTES) };
}

/**
 * Returns what reads a message, or says undefined for what is none. A post that matches many tracks
 * comes once for each, one right after the other: all of them get the same event, read once.
 */
export function createEventReader(): (
  message: Uint8Array,
) => { readonly stamp: Stamp; readonly event: SentimentEvent } | undefined {
  let lastBytes: Buffer = Buffer.alloc(0);
  let lastEvent: SentimentEvent | undefined;
  return (message) => {
    const stamp = readStamp(message);
    if (stamp === undefined) return undefined;
    const body = asBuffer(message).subarray(HEADER_BYTES);
    if (lastEvent === undefined || !body.equals(lastBytes)) {
      lastEvent = readEvent(parseJson(body));
      lastBytes = Buffer.from(body);
    }
    return lastEvent && { stamp, event: lastEvent };
  };
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

function readEvent(value: unknown): SentimentEvent | undefined {
  if (!isRecord(value)) return undefined;
  const { polarityIndex, score, hashtags, positive, neutral, negative } = value;
  const polarity = POLARITIES[isCount(polarityIndex) ? polarityIndex : POLARITIES.length];
  const post = readPost(value.post);
  const isRight =
    isWithin(score, -1, 1) &&
    isWithin(positive, 0, 1) &&
    isWithin(neutral, 0, 1) &&
    isWithin(negative, 0, 1) &&
    Array.isArray(hashtags) &&
    hashtags.length <= MAX_HASHTAGS &&
    hashtags.every(isHashtag);
  if (!isRight || polarity === undefined || post === undefined) return undefined;
  // Without whatever else a peer has put there: events are kept for listeners that are slow.
  const named = hashtags.map(({ tag, count }) => ({ tag, count }));
  const analysis = { polarityIndex, score, hashtags: named, positive, neutral, negative };
  return { ...(analysis as unknown as Analysis), polarity, post };
}

function readPost(value: unknown): Post | undefined {
  if (!isRecord(value)) return undefined;
  const { id, source, langs, createdAt, url } = value;
  const date =
    createdAt === undefined ? undefined : new Date(isText(createdAt) ? createdAt : Number.NaN);
  const isRight =
    isText(id) &&
    isText(source) &&
    Array.isArray(langs) &&
    langs.every(isText) &&
    !Number.isNaN(date?.getTime()) &&
    (url === undefined || isAddress(url));
  return isRight ? { id, source, text: '', langs, createdAt: date, url } : undefined;
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return isNumber(value) && value >= least && value <= most;
}

function isHashtag(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { tag, count } = value;
  return typeof tag === 'string' && isCount(count) && count <= MAX_TEXT;
}

/** Somebody may click on it. */
function isAddress(value: unknown): value is string {
  return isText(value) && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
