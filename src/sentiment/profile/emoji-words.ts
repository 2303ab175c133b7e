// Emoji that VADER's own table rates wrongly or not at all, each with a word of the same sign that VADER rates.

import type { Replacement } from '../replacement.ts';
import { rowsOf } from '../table.ts';

/**
 * Emoji, word and source. The source is the score in the Emoji Sentiment Ranking (ESR; Kralj Novak et al. 2015,
 * https://doi.org/10.1371/journal.pone.0144296), or English keywords of Unicode's CLDR if the ranking lacks the emoji.
 * The list leaves out emoji on which the two disagree, such as 😱.
 */
const TABLE = new URL('emoji-words.tsv', import.meta.url);

const WORDS: ReadonlyMap<string, string> = new Map(
  rowsOf(TABLE).map(([emoji = '', word = '']) => [emoji, word]),
);
const EMOJI = new RegExp(`[${[...WORDS.keys()].join('')}]`, 'gu');

/** Puts a space before each word, as VADER does before its descriptions of emoji. `replaced` gets the places. */
export function emojiAsWords(text: string, replaced?: Replacement[]): string {
  let longer = 0;
  return text.replace(EMOJI, (emoji, from: number) => {
    const spaced = ` ${WORDS.get(emoji)}`;
    const start = from + longer + 1;
    longer += spaced.length - emoji.length;
    const to = from + emoji.length;
    replaced?.push({ start, end: to + longer, from, to });
    return spaced;
  });
}
