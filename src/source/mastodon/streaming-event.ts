// Reads a frame of the streaming API: https://docs.joinmastodon.org/methods/streaming/

import { isRecord, parseJson } from '../../base/json.ts';
import type { Post } from '../../base/post.ts';
import { excerpt, quote } from '../excerpt.ts';
import { readStatus, STATUS_ID } from './status-post.ts';

export type StreamingEvent =
  /** `id` is that of the instance; `post.id` is the same on all. */
  | { readonly kind: 'post'; readonly id: string; readonly post: Post }
  | { readonly kind: 'deleted'; readonly id: string }
  /** Anything but a new public post. */
  | { readonly kind: 'other' }
  /** The instance does not stream, although it took the connection. */
  | { readonly kind: 'error'; readonly status: number; readonly said: string }
  | { readonly kind: 'bad'; readonly reason: string };

/** Never throws, whatever `text` is. `now` is in milliseconds since 1970. */
export function readEvent(text: string, now: number): StreamingEvent {
  const frame = parseJson(text);
  if (frame === undefined) return bad(`the frame is not JSON: ${excerpt(text)}`);
  if (!isRecord(frame)) return bad(`the frame is not a JSON object: ${excerpt(text)}`);
  const { event, payload, error, status } = frame;
  if (error !== undefined && event === undefined) {
    return { kind: 'error', status: typeof status === 'number' ? status : 0, said: quote(error) };
  }
  if (typeof event !== 'string') return bad(`"event" is not a string: ${quote(event)}`);
  if (event === 'delete') return readDeletion(payload);
  // An edit is no new post.
  if (event !== 'update') return { kind: 'other' };
  if (typeof payload !== 'string') return bad(`"payload" is not a string: ${quote(payload)}`);
  const read = parseJson(payload);
  return isRecord(read)
    ? readStatus(read, now)
    : bad(`"payload" is no status: ${excerpt(payload)}`);
}

function readDeletion(payload: unknown): StreamingEvent {
  // Old versions send a number.
  const id = String(payload);
  if (STATUS_ID.test(id) && (typeof payload === 'string' || typeof payload === 'number')) {
    return { kind: 'deleted', id };
  }
  return bad(`"payload" is no id: ${quote(payload)}`);
}

function bad(reason: string): StreamingEvent {
  return { kind: 'bad', reason };
}
