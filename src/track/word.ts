// What a word of a post or of a term may look like.

/**
 * A word in folded letters, marks, digits and underscores, which may begin or end with signs. The signs say what the word
 * is:
 *
 * | word | where it comes from |
 * |---|---|
 * | `rust` | a plain word |
 * | `#rust`, `@rust`, `$rust` | a hashtag, a mention, a cashtag |
 * | `#self-care`, `#c++` | a hashtag with signs in it: one `-` for each run of signs between letters; `+` and `#` may end it |
 * | `c++`, `c#`, `.net`, `a+` | signs at the edge of a word: one `.` before it, or `+` and `#` behind it |
 * | `/example` | the first word of an address in a term |
 * | `./com`, `//docs`, `-/a`, `@/b` | the other words of an address, and all of an address in a post: the sign that joins it to the word before, then `/`. The sign is `/` for all but `.`, `-` and `@` |
 * | `茶`, `커` | one letter with its marks of a script that is written without spaces between words |
 * | `#コーヒー`, `@커피` | names keep all their letters |
 * | one space | a gap between two such letters, anything but another word; `"茶 茶"` has three words, and `茶茶` two |
 * | `🔥`, `🇩🇪` | an emoji of one code point without its skin tone, or a flag; other sequences are several words |
 *
 * A word matches itself, and a word without signs also matches every word that has the same letters and any of these
 * signs, except that words of addresses match each other alone: `/com` matches `./com`, and `com` does not.
 */
export type Word = string;

/** Keeps letters apart that would be one word in a script without spaces. */
export const GAP = ' ';

/** Stands between parts of a post, so that no phrase crosses their border. It is no word, and no term has it. */
export const BORDER = '';

const SLASH = 0x2f;
/** By code unit: the signs before the letters. */
const FIRST_SIGNS = signTable('#@$./-');
/** By code unit: the signs behind the letters. */
const LAST_SIGNS = signTable('+#');

function signTable(signs: string): Uint8Array {
  const table = new Uint8Array(0x80);
  for (const sign of signs) table[sign.charCodeAt(0)] = 1;
  return table;
}

/** Whether a word in a post also matches a term without its signs. */
export function hasSigns(word: Word): boolean {
  return FIRST_SIGNS[word.charCodeAt(0)] === 1
    ? word.charCodeAt(0) !== SLASH || word.charCodeAt(1) === SLASH
    : LAST_SIGNS[word.charCodeAt(word.length - 1)] === 1;
}

/** Where the letters of a word with signs begin; for a word of an address, where its `/` stands. */
export function lettersFrom(word: Word): number {
  return FIRST_SIGNS[word.charCodeAt(0)] === 1 ? 1 : 0;
}

/** Where the letters of a word with signs end. */
export function lettersTo(word: Word): number {
  let end = word.length;
  while (LAST_SIGNS[word.charCodeAt(end - 1)] === 1) end -= 1;
  return end;
}

/** Whether `word` is a hashtag, a mention or a cashtag. */
export function hasSigil(word: Word): boolean {
  return /^[#@$](?!\/)/.test(word);
}

/** `#rust` without its `#`; a word without signs as it is. */
export function plain(word: Word): Word {
  return hasSigns(word) ? word.slice(lettersFrom(word), lettersTo(word)) : word;
}
