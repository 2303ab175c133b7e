// The frames that carry text messages from a server (RFC 6455, section 5.2): whole, unmasked.

import type { Framing } from './outbox-queue.ts';

const FINAL_TEXT = 0x81;
const TWO_BYTES_FOLLOW = 126;
const EIGHT_BYTES_FOLLOW = 127;
const MAX_IN_TWO_BYTES = 0xffff;

export const MAX_HEADER_BYTES = 10;

export const TEXT_FRAMES: Framing = {
  headerLength(length) {
    return length < TWO_BYTES_FOLLOW ? 2 : length <= MAX_IN_TWO_BYTES ? 4 : MAX_HEADER_BYTES;
  },
  writeHeader(bytes, at, length) {
    bytes[at] = FINAL_TEXT;
    if (length < TWO_BYTES_FOLLOW) {
      bytes[at + 1] = length;
      return at + 2;
    }
    if (length <= MAX_IN_TWO_BYTES) {
      bytes[at + 1] = TWO_BYTES_FOLLOW;
      return bytes.writeUInt16BE(length, at + 2);
    }
    bytes[at + 1] = EIGHT_BYTES_FOLLOW;
    return bytes.writeBigUInt64BE(BigInt(length), at + 2);
  },
};
