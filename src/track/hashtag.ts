// Hashtags and mentions whose names are more than one word of a text, such as `#self-care` and `#コーヒー`.

import { JOINT, nameAt, spellName, statedName } from '../base/hashtag-name.ts';
import { LETTERS, RUN_OF_LETTERS } from '../base/letters.ts';
import { HAS_EMOJI, kindOf, SPACELESS } from './character-kinds.ts';
import type { Word } from './word.ts';

const MAY_GO_ON = new RegExp(`[${LETTERS}]|${JOINT}`, 'uy');
const FIRST_LETTERS = new RegExp(RUN_OF_LETTERS, 'uy');
const ANY_LETTER = new RegExp(`[${LETTERS}]`, 'u');

/** Rules out that a name goes on at `at` with more words. */
export function mayGoOn(folded: string, at: number): boolean {
  MAY_GO_ON.lastIndex = at;
  return MAY_GO_ON.test(folded);
}

/** The hashtag of a folded name; undefined if its words are digits alone. */
export function hashtagOf(name: string): Word | undefined {
  const spelt = spellName(name);
  return spelt === undefined ? undefined : `#${spelt}`;
}

/** The letters, marks, digits and underscores at `at`, up to `to`. */
export function lettersAt(folded: string, at: number, to = folded.length): string {
  FIRST_LETTERS.lastIndex = at;
  return (FIRST_LETTERS.exec(folded)?.[0] ?? '').slice(0, to - at);
}

/** The word of a folded term that is nothing but a hashtag, or a name that other scripts would split. */
export function nameTerm(folded: string): Word | undefined {
  const at = folded.search(ANY_LETTER);
  const sign = folded.charAt(at - 1);
  const isTag = sign === '#';
  if (!isTag && !(/[@$]/.test(sign) && kindOf(folded.codePointAt(at) ?? 0) === SPACELESS)) {
    return undefined;
  }
  const name = isTag ? nameAt(folded, at) : lettersAt(folded, at);
  const isAlone = folded.slice(at + name.length).search(ANY_LETTER) === -1;
  if (!isAlone || HAS_EMOJI.test(folded)) return undefined;
  return isTag ? hashtagOf(name) : sign + name;
}

/** Whether `hashtag`, or its beginning up to one of its last signs, is one of `stated`. */
export function isStated(hashtag: Word, stated: ReadonlySet<Word>): boolean {
  return statedName(hashtag, (beginning) => stated.has(beginning)) !== undefined;
}
