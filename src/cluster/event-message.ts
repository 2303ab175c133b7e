// The message that carries an event to other nodes: a short header that differs between tracks, and the event,
// whose bytes are the same for all tracks.

import { hash } from 'node:crypto';
import { isCount, isRecord, parseJson } from '../base/json.ts';
import { isPosition } from '../base/position.ts';
import { MAX_PUBLIC_TEXT, MAX_TEXT, type PublicPost } from '../base/post.ts';
import { isWebAddress } from '../base/web-address.ts';
import {
  type Analysis,
  MAX_HASHTAGS,
  POLARITIES,
  type SentimentEvent,
} from '../sentiment/analysis.ts';
import { isNumber, isText } from './message-checks.ts';
import { isEpoch } from './node-message.ts';

export interface EventHeader {
  /** The number of the term in which the event was made. */
  readonly epoch: number;
  /** The place of the event among those of its track: one more than that of the event before, in the same term. */
  readonly sequence: number;
}

/** 6 bytes hold numbers up to 2^48, which JavaScript represents exactly. */
const NUMBER_BYTES = 6;
const HEADER_BYTES = 2 * NUMBER_BYTES;
/** MAX_HASHTAGS of 640 characters take 192 kB if JSON escapes each character, and MAX_PUBLIC_TEXT 18 kB. */
const MAX_EVENT_BYTES = 256 * 1024;

/** The channel of a track between nodes. Subjects have no spaces, so it is a hash of 128 bits. */
export function channelOf(canonical: string): string {
  return hash('sha256', canonical, 'buffer').subarray(0, 16).toString('base64url');
}

export function encodeEvent(event: SentimentEvent): Buffer {
  const { polarity: _, post, ...analysis } = event;
  return Buffer.from(JSON.stringify({ ...analysis, post }));
}

/** Makes the message of what `encodeEvent` returned. */
export function addHeader({ epoch, sequence }: EventHeader, event: Buffer): Buffer {
  const message = Buffer.allocUnsafe(HEADER_BYTES + event.length);
  message.writeUIntBE(epoch, 0, NUMBER_BYTES);
  message.writeUIntBE(sequence, NUMBER_BYTES, NUMBER_BYTES);
  event.copy(message, HEADER_BYTES);
  return message;
}

/** Reads the header alone, which costs next to nothing. Returns undefined if the message is not an event. */
export function readHeader(message: Uint8Array): EventHeader | undefined {
  if (message.length <= HEADER_BYTES || message.length > MAX_EVENT_BYTES) return undefined;
  const bytes = asBuffer(message);
  const epoch = bytes.readUIntBE(0, NUMBER_BYTES);
  if (!isEpoch(epoch)) return undefined;
  return { epoch, sequence: bytes.readUIntBE(NUMBER_BYTES, NUMBER_BYTES) };
}

/**
 * Returns a function that reads a message, and returns undefined if that is not an event. The events of a post
 * that matches many tracks arrive one right after the other, so the reader parses the first and shares it. Without
 * `postText`, clients of this node do not get the text, although another node has sent it.
 */
export function createEventReader(
  postText: boolean,
): (
  message: Uint8Array,
) => { readonly header: EventHeader; readonly event: SentimentEvent } | undefined {
  let lastBytes: Buffer = Buffer.alloc(0);
  let lastEvent: SentimentEvent | undefined;
  return (message) => {
    const header = readHeader(message);
    if (header === undefined) return undefined;
    const body = asBuffer(message).subarray(HEADER_BYTES);
    if (lastEvent === undefined || !body.equals(lastBytes)) {
      lastEvent = readEvent(parseJson(body), postText);
      lastBytes = Buffer.from(body);
    }
    return lastEvent && { header, event: lastEvent };
  };
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

/** Reads what `encodeEvent` returned, once it is parsed. */
export function readEvent(value: unknown, postText: boolean): SentimentEvent | undefined {
  if (!isRecord(value)) return undefined;
  const { polarityIndex, score, hashtags, positive, neutral, negative } = value;
  const polarity = POLARITIES[isCount(polarityIndex) ? polarityIndex : POLARITIES.length];
  const post = readPost(value.post, postText);
  const { position } = value;
  const isRight =
    isPosition(position) &&
    isWithin(score, -1, 1) &&
    isWithin(positive, 0, 1) &&
    isWithin(neutral, 0, 1) &&
    isWithin(negative, 0, 1) &&
    Array.isArray(hashtags) &&
    hashtags.length <= MAX_HASHTAGS &&
    hashtags.every(isHashtag);
  if (!isRight || polarity === undefined || post === undefined) return undefined;
  // Copied, so that nothing else in the message is kept while events wait for slow listeners.
  const named = hashtags.map(({ tag, count }) => ({ tag, count }));
  const analysis = { polarityIndex, score, hashtags: named, positive, neutral, negative };
  const { epoch, number, time } = position;
  return {
    ...(analysis as unknown as Analysis),
    polarity,
    post,
    position: { epoch, number, time },
  };
}

function readPost(value: unknown, postText: boolean): PublicPost | undefined {
  if (!isRecord(value)) return undefined;
  const { id, source, text, langs, createdAt, url } = value;
  const date =
    createdAt === undefined ? undefined : new Date(isText(createdAt) ? createdAt : Number.NaN);
  const isRight =
    isText(id) &&
    isText(source) &&
    (text === null || (typeof text === 'string' && text.length <= MAX_PUBLIC_TEXT)) &&
    Array.isArray(langs) &&
    langs.every(isText) &&
    !Number.isNaN(date?.getTime()) &&
    (url === undefined || isAddress(url));
  return isRight
    ? { id, source, text: postText ? text : null, langs, createdAt: date, url }
    : undefined;
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return isNumber(value) && value >= least && value <= most;
}

function isHashtag(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { tag, count } = value;
  return typeof tag === 'string' && isCount(count) && count <= MAX_TEXT;
}

/** Users may click on it, so no `javascript:`. */
function isAddress(value: unknown): value is string {
  return isText(value) && isWebAddress(value);
}
