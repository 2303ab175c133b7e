import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PhraseIndex } from '../../src/track/phrase-index.ts';

const LETTERS = 3;
const letters = (maxLength: number) => fc.array(fc.nat(LETTERS - 1), { minLength: 1, maxLength });

test('a phrase index finds what stands together in a text, and nothing else', () => {
  fc.assert(
    fc.property(letters(60), fc.array(letters(8)), (text, phrases) => {
      const index = new PhraseIndex(text, LETTERS);
      const inText = phrases.map((_, i) => text.slice(i, i + 5));
      for (const phrase of [...phrases, ...inText]) {
        const stands = `,${text},`.includes(`,${phrase},`);
        expect(index.has(phrase)).toBe(phrase.length === 0 || stands);
      }
    }),
    { numRuns: 1000 },
  );
});
