// What a track means, written as plainly as can be: every track is asked about every post.

import type { Clause, Term, Track } from '../../src/track/track.ts';
import { fold } from '../../src/track/words.ts';

export function matchesSlowly(track: Track, text: string): boolean {
  return matchesWordsSlowly(track, readSlowly(text));
}

/** The same for a text that has been read. */
export function matchesWordsSlowly(track: Track, found: readonly string[]): boolean {
  return track.clauses.some((clause) => clauseMatches(clause, found));
}

/** The words of a text by one regular expression, entities of the few kinds that posts have. */
export function readSlowly(text: string): string[] {
  const decoded = text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
  const found = fold(decoded).match(/[#@$]?[\p{L}\p{Nd}_][\p{L}\p{M}\p{Nd}_]*/gu) ?? [];
  return found.map((word) => (/^[#$]\p{Nd}+$/u.test(word) ? word.slice(1) : word));
}

function clauseMatches({ all, none }: Clause, found: readonly string[]): boolean {
  return all.every((term) => stands(term, found)) && !none.some((term) => stands(term, found));
}

/** Whether the words of `term` stand somewhere in a row. */
function stands(term: Term, found: readonly string[]): boolean {
  return found.some((_, start) =>
    term.every((wanted, i) => {
      const word = found[start + i];
      return (
        word === wanted || word === `#${wanted}` || word === `@${wanted}` || word === `$${wanted}`
      );
    }),
  );
}
