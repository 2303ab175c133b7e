// A term of a query: read into words, and spelled from them.

import { UserError } from '../base/user-error.ts';
import { addressTerm, spellAddress } from './address.ts';
import { hashtagTerm } from './hashtag.ts';
import type { Word } from './word.ts';
import { foldText, TextWords } from './words.ts';

/**
 * Words that stand next to each other in a post; most terms are just one. Either all of them are words of an address, of
 * which the first begins with `/`, or none is. A hashtag with signs in it, such as `#self-care`, is always alone.
 */
export type Term = readonly Word[];

/** Reads a term without its minus and quotation marks. Punctuation alone has no words. */
export function readTerm(text: string): Term | UserError {
  const folded = foldText(text);
  const address = addressTerm(folded);
  if (address !== undefined) return address;
  const hashtag = hashtagTerm(folded);
  if (hashtag !== undefined) return [hashtag];
  const read = new TextWords(folded);
  if (!read.hasParts) return read.inOrder;
  return new UserError(
    'BAD_TRACK',
    'A phrase cannot hold a link or a hashtag with signs in it; ' +
      'write each as a term of its own, as in "coffee #self-care example.com".',
  );
}

/** A term as a user would write it. */
export function spellTerm(term: Term): string {
  if (term[0]?.startsWith('/')) return spellAddress(term);
  return term.length === 1 ? `${term[0]}` : `"${term.join(' ')}"`;
}
