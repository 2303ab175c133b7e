// Names of hashtags and mentions that are more than one word of a text, such as `#self-care` and `#コーヒー`.

import {
  HAS_EMOJI,
  kindOf,
  LETTERS,
  MARKS,
  RUN_OF_LETTERS,
  SPACED_LETTER,
  SPACELESS,
  SPACELESS_LETTER,
} from './character-kinds.ts';
import type { Word } from './word.ts';

/** Any of these may stand between two words of a name in a text. A source may state any other. */
const JOINT = "[-–'’&./+:]";
/** Signs at the end of a name, unless another word follows them. */
const SIGNS_BEHIND = `(?:[+#]+(?![+#]|${SPACED_LETTER})(?!(?<=#)${SPACELESS_LETTER}))`;
const NAME = new RegExp(`${RUN_OF_LETTERS}(?:${JOINT}${RUN_OF_LETTERS})*${SIGNS_BEHIND}?`, 'uy');
const MAY_GO_ON = new RegExp(`[${LETTERS}]|${JOINT}`, 'uy');
const FIRST_LETTERS = new RegExp(RUN_OF_LETTERS, 'uy');
const WORDS = new RegExp(RUN_OF_LETTERS, 'gu');
const LAST_SIGNS = new RegExp(
  `[${LETTERS}${MARKS}]([+#]+)(?:[^+#${LETTERS}][^${LETTERS}]*)?$`,
  'u',
);
const DIGITS_ALONE = /^\p{Nd}+$/u;
/** Ends of a name in a text that may belong to the sentence, as in `#self-care's`. */
const MAX_ENDS = 3;

/** Rules out that a name goes on at `at` with more words. */
export function mayGoOn(folded: string, at: number): boolean {
  MAY_GO_ON.lastIndex = at;
  return MAY_GO_ON.test(folded);
}

/** The longest name of a hashtag that begins at `at` in a folded text, and ends before `to`. */
export function nameAt(folded: string, at: number, to = folded.length): string {
  NAME.lastIndex = at;
  return (NAME.exec(folded)?.[0] ?? '').slice(0, to - at);
}

/** The hashtag of a folded name; undefined if its words are digits alone, as in `#1`. */
export function hashtagOf(name: string): Word | undefined {
  const parts = name.match(WORDS);
  if (parts === null || parts.every((part) => DIGITS_ALONE.test(part))) return undefined;
  return `#${parts.join('-')}${LAST_SIGNS.exec(name)?.[1] ?? ''}`;
}

/** The letters, marks, digits and underscores at `at`, up to `to`. */
export function lettersAt(folded: string, at: number, to = folded.length): string {
  FIRST_LETTERS.lastIndex = at;
  return (FIRST_LETTERS.exec(folded)?.[0] ?? '').slice(0, to - at);
}

/** The word of a folded term that is nothing but a hashtag, or a name that other scripts would split. */
export function nameTerm(folded: string): Word | undefined {
  const at = folded.search(WORDS);
  const sign = folded.charAt(at - 1);
  const isTag = sign === '#';
  if (!isTag && !(/[@$]/.test(sign) && kindOf(folded.codePointAt(at) ?? 0) === SPACELESS)) {
    return undefined;
  }
  const name = isTag ? nameAt(folded, at) : lettersAt(folded, at);
  const isAlone = folded.slice(at + name.length).search(WORDS) === -1;
  if (!isAlone || HAS_EMOJI.test(folded)) return undefined;
  return isTag ? hashtagOf(name) : sign + name;
}

/** Whether `hashtag`, or its beginning up to one of its last signs, is one of `stated`. */
export function isStated(hashtag: Word, stated: ReadonlySet<Word>): boolean {
  let name = hashtag;
  for (let ends = 0; ends <= MAX_ENDS && name !== ''; ends++) {
    if (stated.has(name)) return true;
    name = name.slice(0, Math.max(0, name.lastIndexOf('-')));
  }
  return false;
}
