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
  '茶',
  '茶茶',
  'コーヒー',
  '커피',
  'กาแฟ',
  'b茶',
  '🔥',
  '👨‍👩‍👧',
  '🇩🇪',
];
const word = fc.constantFrom(...WORDS);
const sigil = fc.constantFrom('', '', '', '#', '@', '$');
const sigiled = fc.tuple(sigil, word).map(([mark, text]) => mark + text);
const signed = fc.oneof(
  { weight: 6, arbitrary: sigiled },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('', '#', '.'), word, fc.constantFrom('', '+', '++', '#'))
      .map((parts) => parts.join('')),
  },
);
/** Words with signs between them. */
const joined = fc
  .tuple(
    fc.constantFrom('', '', '', '#', '@', 'https://', 'www.', 'http://www.'),
    word,
    fc.array(fc.tuple(fc.constantFrom('.', '.', '/', '-', '#', '@', '+', '...', '&', "'"), word), {
      minLength: 1,
      maxLength: 3,
    }),
    fc.constantFrom('', '', '/', '.', '++'),
  )
  .map((parts) => parts.flat(2).join(''));
const phrase = fc.array(signed, { minLength: 1, maxLength: 3 });
const term = fc.oneof(
  { weight: 6, arbitrary: signed },
  { weight: 2, arbitrary: phrase.map((parts) => `"${parts.join(' ')}"`) },
  { weight: 2, arbitrary: joined },
);
const wanted = fc.tuple(fc.constantFrom('', '', '', '-'), term).map(([sign, text]) => sign + text);
const clause = fc.array(wanted, { minLength: 1, maxLength: 4 }).map((terms) => terms.join(' '));

/** Queries, some of which are rejected. */
export const queries = fc
  .array(clause, { minLength: 1, maxLength: 3 })
  .map((all) => all.join(', '));

const gap = fc.constantFrom(' ', ' ', ', ', '! ', ' 😀 ', '#', '\n', '', '。');

const written = fc.oneof({ weight: 5, arbitrary: signed }, { weight: 1, arbitrary: joined });

/** Texts of posts. */
export const texts = fc
  .array(fc.tuple(written, gap), { maxLength: 12 })
  .map((parts) => parts.flat().join(''));

const none = fc.constant<string[]>([]);

/** Posts. Most of them have nothing beside their text. */
export const posts = fc.record({
  text: texts,
  tags: fc.oneof(
    { weight: 3, arbitrary: none },
    fc.array(fc.oneof(signed, joined), { maxLength: 3 }),
  ),
  links: fc.oneof({ weight: 3, arbitrary: none }, fc.array(joined, { maxLength: 2 })),
  attached: fc.oneof({ weight: 3, arbitrary: none }, fc.array(texts, { maxLength: 2 })),
});
