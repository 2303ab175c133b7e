// Queries and posts made of few words, so that they meet often.

import fc from 'fast-check';

const WORDS = [
  'a',
  'b',
  'Bee',
  'cat',
  'CAT',
  'dé',
  'straße',
  'strasse',
  'x_1',
  '7',
  'the',
  'λόγος',
];
const word = fc.constantFrom(...WORDS);
const sigil = fc.constantFrom('', '', '', '#', '@', '$');
const sigiled = fc.tuple(sigil, word).map(([mark, text]) => mark + text);
const phrase = fc.array(sigiled, { minLength: 1, maxLength: 3 });
const term = fc.oneof(
  { weight: 4, arbitrary: sigiled },
  { weight: 1, arbitrary: phrase.map((parts) => `"${parts.join(' ')}"`) },
  { weight: 1, arbitrary: phrase.map((parts) => parts.join('.')) },
);
const signed = fc.tuple(fc.constantFrom('', '', '', '-'), term).map(([sign, text]) => sign + text);
const clause = fc.array(signed, { minLength: 1, maxLength: 4 }).map((terms) => terms.join(' '));

/** Queries, some of which are rejected. */
export const queries = fc
  .array(clause, { minLength: 1, maxLength: 3 })
  .map((all) => all.join(', '));

const gap = fc.constantFrom(' ', ' ', ', ', '! ', ' 😀 ', '#', '\n');

/** Texts of posts. */
export const texts = fc
  .array(fc.tuple(sigiled, gap), { maxLength: 12 })
  .map((parts) => parts.flat().join(''));
