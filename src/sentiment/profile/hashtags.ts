// The hashtags of a post: those that its text shows, and those that its source states beside it.

import { nameAt, spellName, statedName } from '../../base/hashtag-name.ts';
import { LETTERS, MARKS, RUN_OF_LETTERS } from '../../base/letters.ts';
import { MAX_TEXT } from '../../base/post.ts';
import { withoutVariants } from './signs.ts';

const WORD_ALONE = new RegExp(`^${RUN_OF_LETTERS}$`, 'u');
const DIGITS_ALONE = /^\p{Nd}+$/u;
/** A word behind a `#`, and the letter that the `#` itself stands behind, if any. */
const HASHTAG = new RegExp(`#(?:(?<=([${LETTERS}])[${MARKS}]*#)|)(${RUN_OF_LETTERS})`, 'gu');

/** The hashtags of the text in lower case, as often as they occur, and then the stated ones that the text lacks. */
export function hashtagsOf(text: string, stated: readonly string[]): string[] {
  if (stated.length === 0) return shownIn(text, new Map());
  const names: string[] = [];
  /** The names with signs in them, by how they are spelt. They count as a whole only if the source states them. */
  const long = new Map<string, string>();
  for (const tag of stated) {
    const name = lowerCase(withoutVariants(tag));
    const spelt = spellName(name);
    if (spelt === undefined) continue;
    names.push(name);
    if (!WORD_ALONE.test(name)) long.set(spelt, name);
  }
  const shown = shownIn(text, long);
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

function shownIn(text: string, long: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  if (!text.includes('#')) return found;
  let end = -1;
  for (const { 1: letter, 2: word = '', index } of text.matchAll(HASHTAG)) {
    // A `#` inside a word begins no hashtag, but `#coffee#tea` are two.
    if (letter !== undefined && index !== end) continue;
    const name = nameAt(text, index + 1);
    const spelt = spellName(name);
    if (spelt === undefined) continue;
    end = index + 1 + name.length;
    const whole = long.size > 0 && statedName(lowerCase(spelt), (it) => long.has(it));
    if (whole) found.push(long.get(whole) ?? whole);
    else if (!DIGITS_ALONE.test(word)) found.push(lowerCase(word));
  }
  return found;
}

/** Without the dot that `İ` leaves above the i, as tracks read it. */
function lowerCase(tag: string): string {
  return tag.toLowerCase().replaceAll('i\u0307', 'i');
}
