// The frame that carries a text message from a server (RFC 6455, section 5.2): whole, unmasked.

const FINAL_TEXT = 0x81;
const TWO_BYTES_FOLLOW = 126;
const EIGHT_BYTES_FOLLOW = 127;
const MOST_IN_TWO_BYTES = 0xffff;

export const MAX_HEADER_BYTES = 10;

/** The bytes that the header of a message of `length` bytes takes. */
export function headerLength(length: number): number {
  return length < TWO_BYTES_FOLLOW ? 2 : length <= MOST_IN_TWO_BYTES ? 4 : MAX_HEADER_BYTES;
}

/** Writes the header of a message of `length` bytes at `at`, and returns where the message goes. */
export function writeHeader(bytes: Buffer, at: number, length: number): number {
  bytes[at] = FINAL_TEXT;
  if (length < TWO_BYTES_FOLLOW) {
    bytes[at + 1] = length;
    return at + 2;
  }
  if (length <= MOST_IN_TWO_BYTES) {
    bytes[at + 1] = TWO_BYTES_FOLLOW;
    return bytes.writeUInt16BE(length, at + 2);
  }
  bytes[at + 1] = EIGHT_BYTES_FOLLOW;
  return bytes.writeBigUInt64BE(BigInt(length), at + 2);
}
