// Profile `full`: keeps everything that carries sentiment, in the signs that VADER knows.

import { decodeHTMLStrict } from 'entities/decode';
import type { Replacement } from '../replacement.ts';
import { emojiAsWords } from './emoji-words.ts';
import { hashtagsOf } from './hashtags.ts';
import type { ReadText } from './profile.ts';
import { asciiSigns, isAscii, spaceAfterPauses, withoutVariants } from './signs.ts';

// Punctuation at a link's end belongs to the sentence.
const LINK = /(?:https?:\/\/|(?<![\p{L}\p{M}\p{Nd}_#@$+])www\.)[^\s<>"]*[^\s<>"'’”.,:;!?)\]}…]/giu;
/** An `@` inside a word, as in an e-mail address, mentions nobody. */
const HANDLES = /@(?<![\p{L}\p{Nd}_]\p{M}*@)[\p{L}\p{M}\p{Nd}_]+(?:@[\p{L}\p{M}\p{Nd}_]+)*/gu;

/**
 * Removes links and handles. Case, emoji, emoticons and punctuation stay. `stated` has the tags beside the text, and
 * `replaced` gets the emoji that become words.
 */
export function fullText(
  text: string,
  stated: readonly string[] = [],
  replaced?: Replacement[],
): ReadText {
  const isPlain = isAscii(text) && !text.includes('&');
  const readable = isPlain ? text : decode(text);
  const ascii = isPlain ? text : asciiSigns(readable);
  const linkless = readable.replace(LINK, '');
  // Only ASCII quotation marks end a link.
  const bare = spaceAfterPauses(ascii === readable ? linkless : ascii.replace(LINK, ''));
  const shownText = bare.includes('@') ? bare.replace(HANDLES, '') : bare;
  return {
    polarityText: isPlain ? shownText : emojiAsWords(shownText, replaced),
    shownText,
    tags: hashtagsOf(linkless, stated),
  };
}

function decode(text: string): string {
  const plain = withoutVariants(text);
  return plain.includes('&') ? withoutVariants(decodeHTMLStrict(plain)) : plain;
}
