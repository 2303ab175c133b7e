// What a track means, written as plainly as can be: every track is asked about every post.

import type { Clause, Term, Track } from '../../src/track/track.ts';
import { words } from '../../src/track/words.ts';

export function matchesSlowly(track: Track, text: string): boolean {
  const found = words(text);
  return track.clauses.some((clause) => clauseMatches(clause, found));
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
