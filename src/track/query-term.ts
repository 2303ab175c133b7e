// A term of a query: read into words, and spelled from them.

import { UserError } from '../base/user-error.ts';
import { addressTerm, spellAddress } from './address.ts';
import { kindOf, SPACELESS } from './character-kinds.ts';
import { nameTerm } from './hashtag.ts';
import { TextWords } from './text-words.ts';
import { GAP, inTerm, plain, type Word } from './word.ts';
import { foldText } from './words.ts';

/**
 * Words that stand next to each other in a post; most terms are just one. Either all of them are words of an address, of
 * which the first begins with `/`, or none is. A name of several words, such as `#self-care` and `#コーヒー`, is always alone.
 */
export type Term = readonly Word[];

/** Most terms are such words, which need no reading. */
export const ONE_WORD = /^[#@$]?[a-z][a-z0-9_]*$/;

/** Reads a term without its minus and quotation marks. Punctuation alone has no words. */
export function readTerm(text: string): Term | UserError {
  const folded = foldText(text);
  if (ONE_WORD.test(folded)) return [folded];
  const address = addressTerm(folded);
  if (address !== undefined) return address;
  const name = nameTerm(folded);
  if (name !== undefined) return [name];
  const read = new TextWords(folded);
  if (!read.hasParts) return read.inOrder.map(inTerm);
  return new UserError(
    'BAD_TRACK',
    'A phrase cannot hold a link or a name of several words; ' +
      'write each as a term of its own, as in "coffee #self-care example.com".',
  );
}

/** A term as a user would write it. */
export function spellTerm(term: Term): string {
  if (term[0]?.startsWith('/')) return spellAddress(term);
  const words = spellWords(term);
  return words.includes(' ') ? `"${words}"` : words;
}

/** The words of a phrase as they are written, without quotation marks. */
export function spellWords(words: readonly Word[]): string {
  let text = '';
  for (const [at, word] of words.entries()) {
    if (word === GAP) text += ' ';
    else text += at === 0 || areOneRun(words[at - 1] ?? '', word) ? word : ` ${word}`;
  }
  return text;
}

/** Whether two words in a row are written without a space. A gap is the space itself. */
function areOneRun(before: Word, word: Word): boolean {
  return before === GAP || (isSpaceless(before) && isSpaceless(word));
}

/** Whether a word is a letter of a script without spaces. */
function isSpaceless(word: Word): boolean {
  return kindOf(plain(word).codePointAt(0) ?? 0) === SPACELESS;
}
