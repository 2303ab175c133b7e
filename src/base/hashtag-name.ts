// The names of hashtags. The matcher and the count of hashtags both read them here, so that they agree.

import { LETTERS, MARKS, RUN_OF_LETTERS, SPACED_LETTER, SPACELESS_LETTER } from './letters.ts';

/** Any of these may stand between two words of a name in a text. A source may state any other. */
export const JOINT = "[-–'’&./+:]";
/** Signs at the end of a name, unless another word follows them. */
const SIGNS_BEHIND = `(?:[+#]+(?![+#]|${SPACED_LETTER})(?!(?<=#)${SPACELESS_LETTER}))`;
const NAME = new RegExp(`${RUN_OF_LETTERS}(?:${JOINT}${RUN_OF_LETTERS})*${SIGNS_BEHIND}?`, 'uy');
const WORDS = new RegExp(RUN_OF_LETTERS, 'gu');
const LAST_SIGNS = new RegExp(
  `[${LETTERS}${MARKS}]([+#]+)(?:[^+#${LETTERS}][^${LETTERS}]*)?$`,
  'u',
);
const DIGITS_ALONE = /^\p{Nd}+$/u;
/** Ends of a name in a text that may belong to the sentence, as in `#self-care's`. */
const MAX_ENDS = 3;

/** The longest name of a hashtag that begins at `at` in `text`, and ends before `to`. */
export function nameAt(text: string, at: number, to = text.length): string {
  NAME.lastIndex = at;
  return (NAME.exec(text)?.[0] ?? '').slice(0, to - at);
}

/** `name` with one `-` for each run of signs between its words; undefined if they are digits alone, as in `#1`. */
export function spellName(name: string): string | undefined {
  const parts = name.match(WORDS);
  if (parts === null || parts.every((part) => DIGITS_ALONE.test(part))) return undefined;
  return parts.join('-') + (LAST_SIGNS.exec(name)?.[1] ?? '');
}

/** The spelt `name`, or its beginning up to one of its last signs, if `isStated` holds for it. */
export function statedName(name: string, isStated: (name: string) => boolean): string | undefined {
  let beginning = name;
  for (let ends = 0; ends <= MAX_ENDS && beginning !== ''; ends++) {
    if (isStated(beginning)) return beginning;
    beginning = beginning.slice(0, Math.max(0, beginning.lastIndexOf('-')));
  }
  return undefined;
}
