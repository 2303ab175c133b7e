// The kinds of characters that the tokenizer tells apart.

import { SPACELESS_LETTER } from '../base/letters.ts';

/** The kinds of code points. 0 stands for a kind that is not known yet. */
export const NOTHING = 1;
/** A letter of a script that is written without spaces between words, so that it is a word by itself. */
export const SPACELESS = 2;
export const EMOJI = 3;
/** Two of these make a flag. */
export const FLAG_LETTER = 4;
/** This and all higher kinds continue a word, which a letter or a digit begins. */
export const LETTER = 5;
export const DIGIT = 6;
export const MARK = 7;
/** Gone once a text is folded. This and MARK are the highest kinds: see mayExceedMarks. */
export const IGNORED = 8;

const IS_SPACELESS = new RegExp(`^${SPACELESS_LETTER}$`, 'u');
/** Signs that are emoji to Unicode, but punctuation to most people. */
const IS_EMOJI = /(?![©®〰〽])\p{Extended_Pictographic}/u;

export const HAS_EMOJI = new RegExp(`${IS_EMOJI.source}|\\p{Regional_Indicator}`, 'u');

/** The kinds by code point, looked up on first use. */
const KINDS = new Uint8Array(0x110000);

export function kindOf(codePoint: number): number {
  const known = KINDS[codePoint] as number;
  if (known !== 0) return known;
  const kind = lookUpKind(String.fromCodePoint(codePoint));
  KINDS[codePoint] = kind;
  return kind;
}

function lookUpKind(character: string): number {
  if (/\p{Default_Ignorable_Code_Point}/u.test(character)) return IGNORED;
  // NFKC turns the halfwidth sound marks of katakana, which are letters, into marks.
  if (/[\p{Mn}\p{Mc}\uff9e\uff9f]/u.test(character)) return MARK;
  if (IS_SPACELESS.test(character)) return SPACELESS;
  if (/\p{Nd}/u.test(character)) return DIGIT;
  if (/[\p{L}_]/u.test(character)) return LETTER;
  if (/\p{Regional_Indicator}/u.test(character)) return FLAG_LETTER;
  return IS_EMOJI.test(character) ? EMOJI : NOTHING;
}
