// Messages that wait for a socket, as a chain, and the bytes that they are sent as.

import { headerLength, writeHeader } from './text-frame.ts';
import type { WriteBuffer } from './write-buffer.ts';

/** Events of one subscription on a socket, each sent as `prefix` (if there is one) and payload. */
export interface EventStream {
  readonly prefix: Buffer | undefined;
  /** Events dropped since the last one that was sent. */
  readonly dropped: number;
  /** Counts an event that is dropped. */
  drop(payload: Buffer): void;
  /** What the next payload becomes when events before it were dropped; sets `dropped` to 0. */
  tellDropped(payload: Buffer): Buffer;
}

/** A message that waits. An answer is of no stream. */
export interface Message {
  payload: Buffer;
  readonly stream: EventStream | undefined;
  /** The one that came after it. */
  next: Message | undefined;
}

/** Where to stop so that the messages from `oldest` on have `bytes` or hardly more; undefined: at the end. */
export function endWithin(bytes: number, oldest: Message): Message | undefined {
  let message: Message | undefined = oldest;
  for (let total = 0; message !== undefined && total < bytes; message = message.next) {
    total += lengthOf(message);
  }
  return message;
}

/** The messages from `oldest` up to `end` as the bytes of their frames, in a row. */
export function assemble(
  oldest: Message,
  end: Message | undefined,
  writeBuffer: WriteBuffer,
): Buffer {
  let total = 0;
  for (let message: Message | undefined = oldest; message !== end; message = message?.next) {
    const length = lengthOf(tell(message as Message));
    total += headerLength(length) + length;
  }
  const bytes = writeBuffer.take(total);
  let at = 0;
  for (let message: Message | undefined = oldest; message !== end; message = message?.next) {
    at = write(message as Message, bytes, at);
  }
  return bytes;
}

function write(message: Message, bytes: Buffer, start: number): number {
  const { stream, payload } = message;
  let at = writeHeader(bytes, start, lengthOf(message));
  const prefix = stream?.prefix;
  if (prefix !== undefined) {
    bytes.set(prefix, at);
    at += prefix.length;
  }
  bytes.set(payload, at);
  return at + payload.length;
}

/** The message, which says how many events were dropped before it if any were. */
function tell(message: Message): Message {
  const { stream, payload } = message;
  if (stream === undefined || stream.dropped === 0) return message;
  message.payload = stream.tellDropped(payload);
  return message;
}

/** The bytes of a message, without the header of its frame. */
export function lengthOf({ stream, payload }: Message): number {
  return payload.length + (stream?.prefix?.length ?? 0);
}
