// The hashtags of a post: those that its text shows, and those that its source states beside it.

import { MAX_TEXT } from '../../base/post.ts';
import { withoutVariants } from './signs.ts';

const LETTERS = '\\p{L}\\p{Nd}_〇';
const MARKS = '\\p{Mn}\\p{Mc}';
const WORD = `[${LETTERS}][${LETTERS}${MARKS}]*`;
const WORDS = new RegExp(WORD, 'gu');
const WORD_ALONE = new RegExp(`^${WORD}$`, 'u');
const DIGITS_ALONE = /^\p{Nd}+$/u;
/** A tag must have one: `#1` is no hashtag. */
const NO_DIGIT = new RegExp(`[_〇\\p{L}${MARKS}]`, 'u');
/** A word behind a `#`, and the letter that the `#` itself stands behind, if any. */
const HASHTAG = new RegExp(`#(?:(?<=([${LETTERS}])[${MARKS}]*#)|)(${WORD})`, 'gu');

/** The longest name behind a `#`, as in `#self-care` or `#c++`. It counts as a whole only if the source states it. */
const NAME = new RegExp(`${WORD}(?:[-–'’&./+:]${WORD})*(?:[+#]+(?![+#${LETTERS}]))?`, 'uy');
const LAST_SIGNS = /^[+#]*/;
/** Ends of a name that may belong to the sentence, as in `#self-care's`. */
const MAX_ENDS = 3;

/** The hashtags of the text in lower case, as often as they occur, and then the stated ones that the text lacks. */
export function hashtagsOf(text: string, stated: readonly string[]): string[] {
  if (stated.length === 0) return shownIn(text);
  const names = stated
    .map((tag) => lowerCase(withoutVariants(tag)))
    .filter((tag) => NO_DIGIT.test(tag));
  const long = names.filter((name) => !WORD_ALONE.test(name));
  const shown = shownIn(text, new Map(long.map((name) => [keyOf(name), name])));
  return [...shown, ...lacking(shown, names, MAX_TEXT - text.length)];
}

/** The `names` that are not shown, up to `room` characters, so that all tags together are never longer than a text. */
function lacking(shown: readonly string[], names: readonly string[], room: number): string[] {
  let left = room;
  return [...new Set(names).difference(new Set(shown))].filter((name) => {
    left -= name.length;
    return left >= 0;
  });
}

/** `stated` has the names with signs in them by their keys. */
function shownIn(text: string, stated?: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  if (!text.includes('#')) return found;
  let end = -1;
  for (const { 1: letter, 2: word = '', index } of text.matchAll(HASHTAG)) {
    // A `#` inside a word begins no hashtag, but `#coffee#tea` are two.
    if (letter !== undefined && index !== end) continue;
    NAME.lastIndex = index + 1;
    const name = NAME.exec(text)?.[0] ?? '';
    if (!NO_DIGIT.test(name)) continue;
    end = index + 1 + name.length;
    const whole = stated && longestOf(stated, name);
    if (whole !== undefined) found.push(whole);
    else if (!DIGITS_ALONE.test(word)) found.push(lowerCase(word));
  }
  return found;
}

/** The longest of `stated` that `name` begins with. */
function longestOf(stated: ReadonlyMap<string, string>, name: string): string | undefined {
  let key = keyOf(lowerCase(name));
  for (let ends = 0; ends <= MAX_ENDS && key !== ''; ends++) {
    const whole = stated.get(key);
    if (whole !== undefined) return whole;
    key = key.slice(0, Math.max(0, key.lastIndexOf('-')));
  }
  return undefined;
}

/** A name in which all signs between words count alike. */
function keyOf(name: string): string {
  const words = [...name.matchAll(WORDS)];
  const last = words.at(-1);
  const end = last === undefined ? 0 : last.index + last[0].length;
  return words.map(([word]) => word).join('-') + (LAST_SIGNS.exec(name.slice(end))?.[0] ?? '');
}

/** Without the dot that `İ` leaves above the i, as tracks read it. */
function lowerCase(tag: string): string {
  return tag.toLowerCase().replaceAll('i\u0307', 'i');
}
