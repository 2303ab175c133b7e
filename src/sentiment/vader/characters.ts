// Characters as Python's str sees them, the reference's language: what parts words, what is
// punctuation, what has case. Each kind is a bit, so that a token's kinds can be gathered with |.

export const SPACE = 1;
export const PUNCTUATION = 2;
export const LOWER = 4;
export const NOT_ASCII = 8;
/** Also the bit by which an ASCII capital differs from its small letter. */
export const UPPER = 0x20;

// The characters at which Python's str.split splits (str.isspace): Unicode's white space, which differs slightly from
// JavaScript's \s, and four of ASCII's separators (file, group, record, unit).
const WHITE_SPACE = /\p{White_Space}/u;
const FIRST_SEPARATOR = 0x1c;
const LAST_SEPARATOR = 0x1f;
/** Python's string.punctuation. */
const PUNCTUATION_MARKS = /[!-/:-@[-`{-~]/;
// str.isupper wants one capital and no small or title-case letter, in Unicode's derived sense: Ⓐ
// is a capital, ª a small letter. A title-case letter counts as small here, which says the same.
const CAPITALS = /\p{Uppercase}/u;
// ʕ was a small letter until Unicode 17, so it is one in the Python of the reference's answers.
const SMALL = /[\p{Lowercase}\p{Lt}\u0295]/u;

const ASCII_END = 0x80;
/** Cased letters and spaces all lie below; the planes above hold ideographs, tags and private use. */
const CASED_END = 0x20000;

/** By ASCII character. A first byte of UTF-8 beyond ASCII is NOT_ASCII, and no more is known yet. */
export const kinds = Uint8Array.from({ length: 0x100 }, (_, byte) =>
  byte < ASCII_END ? kindOf(byte) : NOT_ASCII,
);

// By code point, worked out when first met. 0 is "not met yet": each has NOT_ASCII at least.
const kindsBeyondAscii = new Uint8Array(CASED_END);

export function kindBeyondAscii(point: number): number {
  if (point >= CASED_END) return NOT_ASCII;
  const known = kindsBeyondAscii[point] ?? 0;
  if (known !== 0) return known;
  const kind = NOT_ASCII | kindOf(point);
  kindsBeyondAscii[point] = kind;
  return kind;
}

function kindOf(point: number): number {
  const isSeparator = point >= FIRST_SEPARATOR && point <= LAST_SEPARATOR;
  const character = String.fromCodePoint(point);
  return (
    (isSeparator || WHITE_SPACE.test(character) ? SPACE : 0) |
    (PUNCTUATION_MARKS.test(character) ? PUNCTUATION : 0) |
    (SMALL.test(character) ? LOWER : 0) |
    (CAPITALS.test(character) ? UPPER : 0)
  );
}
