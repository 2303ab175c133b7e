// What a reader replaced in a text, such as an emoji by its description, and the way back.

import type { RatedPart } from './scorer.ts';

/** The new text has other words from `start` to `end` for what the old text has from `from` to `to`. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

/**
 * `parts` of the new text as parts of the old one; both lists are in the order of the text. Several rated words that
 * stand for one replaced part become one part, whose valence is their sum.
 */
export function* beforeReplacement(
  parts: Iterable<RatedPart>,
  replacements: readonly Replacement[],
): Generator<RatedPart> {
  let next = 0;
  let last: RatedPart | undefined;
  for (const { start, end, valence } of parts) {
    while ((replacements[next]?.end ?? Infinity) <= start) next++;
    const replacement = replacements[next];
    if (replacement !== undefined && replacement.start < end) {
      const { from, to } = replacement;
      const isSame = last?.start === from;
      if (last !== undefined && !isSame) yield last;
      last = { start: from, end: to, valence: valence + (isSame ? (last?.valence ?? 0) : 0) };
    } else {
      if (last !== undefined) yield last;
      const passed = replacements[next - 1];
      const shift = passed === undefined ? 0 : passed.to - passed.end;
      last = { start: start + shift, end: end + shift, valence };
    }
  }
  if (last !== undefined) yield last;
}
