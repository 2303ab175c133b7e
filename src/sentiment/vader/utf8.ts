// Reads single characters out of well-formed UTF-8 (RFC 3629, section 3).

const CONTINUATION_BITS = 6;
const CONTINUATION_MASK = 0x3f;
const FIRST_OF_TWO = 0xc0;
const FIRST_OF_THREE = 0xe0;
const FIRST_OF_FOUR = 0xf0;

/** The number of bytes of the character that begins at `at`. */
export function widthAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < FIRST_OF_TWO) return 1;
  return first < FIRST_OF_THREE ? 2 : first < FIRST_OF_FOUR ? 3 : 4;
}

/** The code point of the character beyond ASCII that begins at `at`. */
export function pointAt(bytes: Uint8Array, at: number): number {
  const width = widthAt(bytes, at);
  // A first byte starts with as many ones as the character has bytes, and then a zero.
  let point = (bytes[at] ?? 0) & (0x7f >> width);
  for (let next = at + 1; next < at + width; next++) {
    point = (point << CONTINUATION_BITS) | ((bytes[next] ?? 0) & CONTINUATION_MASK);
  }
  return point;
}
