// Hashtags with signs in their names, such as `#self-care` and `#c++`.

import type { Word } from './word.ts';

const WORD = '[\\p{L}\\p{Nd}_][\\p{L}\\p{M}\\p{Nd}_]*';
/** Any of these may stand between two words of a name in a text. A source may state any other. */
const JOINT = "[-–'’&./+:]";
const NAME = new RegExp(`${WORD}(?:${JOINT}${WORD})*(?:[+#]+(?![+#\\p{L}\\p{Nd}_]))?`, 'uy');
const WORDS = new RegExp(WORD, 'gu');
const LAST_SIGNS = /[\p{L}\p{M}\p{Nd}_]([+#]+)[^\p{L}\p{Nd}_]*$/u;
const DIGITS_ALONE = /^\p{Nd}+$/u;
/** Ends of a name in a text that may belong to the sentence, as in `#self-care's`. */
const MOST_ENDS = 3;

/** The longest name of a hashtag that begins at `at` in a folded text. */
export function nameAt(folded: string, at: number): string {
  NAME.lastIndex = at;
  return NAME.exec(folded)?.[0] ?? '';
}

/** The hashtag of a folded name; undefined if its words are digits alone, as in `#1`. */
export function hashtagOf(name: string): Word | undefined {
  const parts = name.match(WORDS);
  if (parts === null || parts.every((part) => DIGITS_ALONE.test(part))) return undefined;
  return `#${parts.join('-')}${LAST_SIGNS.exec(name)?.[1] ?? ''}`;
}

/** The hashtag of a folded term that is nothing but one; undefined for any other. */
export function hashtagTerm(folded: string): Word | undefined {
  const at = folded.search(WORDS);
  if (folded.charAt(at - 1) !== '#') return undefined;
  const name = nameAt(folded, at);
  const isAlone = folded.slice(at + name.length).search(WORDS) === -1;
  return isAlone ? hashtagOf(name) : undefined;
}

/** Whether `hashtag`, or its beginning up to one of its last signs, is one of `stated`. */
export function isStated(hashtag: Word, stated: ReadonlySet<Word>): boolean {
  let name = hashtag;
  for (let ends = 0; ends <= MOST_ENDS && name !== ''; ends++) {
    if (stated.has(name)) return true;
    name = name.slice(0, Math.max(0, name.lastIndexOf('-')));
  }
  return false;
}
