// Messages that wait for a connection, as a chain, and the bytes that they are sent as.

import type { PostKey } from '../../base/post.ts';
import type { WriteBuffer } from './write-buffer.ts';

/** How a protocol marks the beginning of a message. */
export interface Framing {
  /** Bytes of the header of a message with so many bytes. */
  headerLength(length: number): number;
  /** Writes the header and returns the offset behind it. */
  writeHeader(bytes: Buffer, at: number, length: number): number;
}

/** The events of one subscription, each sent as prefix, payload and suffix. */
export interface EventStream {
  readonly prefix: Buffer | undefined;
  readonly suffix: readonly number[];
  /** Events dropped since the last one that was sent. */
  readonly dropped: number;
  /** Counts an event that is dropped. */
  drop(payload: Buffer): void;
  /** Adds to the next payload how many events before it were dropped; sets `dropped` to 0. */
  tellDropped(payload: Buffer): Buffer;
}

/** A message that waits. An answer has no stream. */
export interface Message {
  payload: Buffer;
  readonly stream: EventStream | undefined;
  /** The post of an event. A window is of no single post, so that no deletion is about it. */
  readonly post: PostKey | undefined;
  /** The one that came after it. */
  next: Message | undefined;
}

/** Where to stop so that the messages from `oldest` on have `bytes` or a little more; undefined for the end. */
export function endWithin(bytes: number, oldest: Message): Message | undefined {
  let message: Message | undefined = oldest;
  for (let total = 0; message !== undefined && total < bytes; message = message.next) {
    total += lengthOf(message);
  }
  return message;
}

/** The messages from `oldest` up to `end` as bytes, framed. */
export function assemble(
  oldest: Message,
  end: Message | undefined,
  framing: Framing,
  writeBuffer: WriteBuffer,
): Buffer {
  let total = 0;
  for (let message: Message | undefined = oldest; message !== end; message = message?.next) {
    const length = lengthOf(tell(message as Message));
    total += framing.headerLength(length) + length;
  }
  const bytes = writeBuffer.take(total);
  let at = 0;
  for (let message: Message | undefined = oldest; message !== end; message = message?.next) {
    at = write(message as Message, framing, bytes, at);
  }
  return bytes;
}

function write(message: Message, framing: Framing, bytes: Buffer, start: number): number {
  const { stream, payload } = message;
  let at = framing.writeHeader(bytes, start, lengthOf(message));
  const prefix = stream?.prefix;
  if (prefix !== undefined) {
    bytes.set(prefix, at);
    at += prefix.length;
  }
  bytes.set(payload, at);
  at += payload.length;
  // A suffix is a few bytes, which `set` would take longer for.
  for (const byte of stream?.suffix ?? NOTHING) bytes[at++] = byte;
  return at;
}

const NOTHING: readonly number[] = [];

/** The message, which reports the events that were dropped before it. */
function tell(message: Message): Message {
  const { stream, payload } = message;
  if (stream === undefined || stream.dropped === 0) return message;
  message.payload = stream.tellDropped(payload);
  return message;
}

/** The bytes of a message, without the header of its frame. */
export function lengthOf({ stream, payload }: Message): number {
  if (stream === undefined) return payload.length;
  return payload.length + (stream.prefix?.length ?? 0) + stream.suffix.length;
}
