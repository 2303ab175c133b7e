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
 * A term has `c++` where a post has `+c++`; see SIGNS_FOLLOW. A word matches itself. A word without signs also matches
 * every word with the same letters and any signs, except those of an address: `/com` matches `./com`, and `com` does not.
 */
export type Word = string;

/** Keeps letters apart that would be one word in a script without spaces. */
export const GAP = ' ';

/** Stands between parts of a post, so that no phrase crosses their border. It is no word, and no term has it. */
export const BORDER = '';

/**
 * In a post, a word with signs behind its letters alone begins with this, as in `+c++`. So the first character of every
 * word in a post tells whether it has signs.
 */
export const SIGNS_FOLLOW = '+';

const SIGNS = { '#': 0x23, '+': 0x2b, '/': 0x2f, '@': 0x40 } as const;
/** By code unit: the signs before the letters. None is above the last. */
const FIRST_SIGNS = new Uint8Array(SIGNS['@'] + 1);
for (const sign of '#@$./-+') FIRST_SIGNS[sign.charCodeAt(0)] = 1;

/** Whether a word of a post has signs. It also matches a term without them. */
export function hasSignsInPost(word: Word): boolean {
  // A border has no first character. Asking for it would make V8 ask more slowly for that of every word.
  if (word.length === 0) return false;
  const first = word.charCodeAt(0);
  return first <= SIGNS['@'] && FIRST_SIGNS[first] === 1;
}

/** Whether a word of a term has signs. The first word of an address has none, because any joint may stand before it. */
export function hasSigns(word: Word): boolean {
  if (!hasSignsInPost(word)) return isLastSign(word.charCodeAt(word.length - 1));
  return word.charCodeAt(0) !== SIGNS['/'] || word.charCodeAt(1) === SIGNS['/'];
}

/** Whether `word` is a hashtag, a mention or a cashtag. */
export function hasSigil(word: Word): boolean {
  return /^[#@$](?!\/)/.test(word);
}

/** Where the letters of a word end. */
export function lettersTo(word: Word): number {
  let end = word.length;
  while (isLastSign(word.charCodeAt(end - 1))) end -= 1;
  return end;
}

/** `#rust` without its `#`; a word without signs as it is. */
export function plain(word: Word): Word {
  return hasSigns(word) ? word.slice(hasSignsInPost(word) ? 1 : 0, lettersTo(word)) : word;
}

/** A word of a text as a word of a term. */
export function inTerm(word: Word): Word {
  return word.startsWith(SIGNS_FOLLOW) ? word.slice(1) : word;
}

function isLastSign(unit: number): boolean {
  return unit === SIGNS['+'] || unit === SIGNS['#'];
}
