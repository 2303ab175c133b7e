// Emoji that VADER's own table rates wrongly or not at all, each with a word of the same sign that VADER rates.

import { readFileSync } from 'node:fs';

/**
 * Emoji, word, and what the sign rests on: the score in the Emoji Sentiment Ranking (ESR; Kralj Novak et al. 2015,
 * https://doi.org/10.1371/journal.pone.0144296), or where that lacks the emoji, its English keywords in Unicode's CLDR.
 * Emoji on which the two disagree, such as 😱, are left to VADER's table.
 */
const TABLE = new URL('emoji-words.tsv', import.meta.url);

const WORDS: ReadonlyMap<string, string> = new Map(
  readFileSync(TABLE, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [emoji = '', word = ''] = line.split('\t');
      return [emoji, word];
    }),
);
const EMOJI = new RegExp(`[${[...WORDS.keys()].join('')}]`, 'gu');

/** Puts a space before each word, as VADER does before its descriptions of emoji. */
export function emojiAsWords(text: string): string {
  return text.replace(EMOJI, (emoji) => ` ${WORDS.get(emoji)}`);
}
