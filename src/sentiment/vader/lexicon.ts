// The words VADER knows: Hutto & Gilbert's rated lexicon, and the word lists of its rules.
// The lists are those of the reference implementation, vaderSentiment 3.3.2.

import { lexicon } from 'vader-sentiment/src/vader_lexicon.js';

/** Where the npm package strays from the reference's vader_lexicon.txt. */
const CORRECTIONS = { heart: 3.2, hearts: 3.3, flawed: -2.1, badass: 1.4 } as const;

/** Mean human rating of each word and emoticon, -4 to 4 (paper, section 3.1). */
export const VALENCES: Readonly<Record<string, number>> = { ...lexicon, ...CORRECTIONS };

/** What a degree adverb adds to the intensity of the word after it (paper, section 3.2). */
const INCREASE = 0.293;
const DECREASE = -0.293;

const INTENSIFIERS = `
  absolutely amazingly awfully completely considerable considerably decidedly deeply effing enormous
  enormously entirely especially exceptional exceptionally extreme extremely fabulously flipping
  flippin frackin fracking fricking frickin frigging friggin fully fuckin fucking fuggin fugging
  greatly hella highly hugely incredible incredibly intensely major majorly more most particularly
  purely quite really remarkably so substantially thoroughly total totally tremendous tremendously
  uber unbelievably unusually utter utterly very`;

const DAMPENERS = `
  almost barely hardly kinda kindof kind-of less little marginal marginally occasional occasionally
  partly scarce scarcely slight slightly somewhat sorta sortof sort-of`;

/** BOOSTER_DICT's single words. */
export const BOOSTERS: ReadonlyMap<string, number> = new Map([
  ...listed(INTENSIFIERS).map((word) => [word, INCREASE] as const),
  ...listed(DAMPENERS).map((word) => [word, DECREASE] as const),
]);

/** BOOSTER_DICT's pairs of words. */
export const BOOSTER_PHRASES: ReadonlyMap<string, number> = new Map([
  ['just enough', DECREASE],
  ['kind of', DECREASE],
  ['sort of', DECREASE],
]);

/** NEGATE. Any other word that contains "n't" negates as well. */
export const NEGATIONS: ReadonlySet<string> = new Set(
  listed(`
    aint arent cannot cant couldnt darent didnt doesnt ain't aren't can't couldn't daren't didn't
    doesn't dont hadnt hasnt havent isnt mightnt mustnt neither don't hadn't hasn't haven't isn't
    mightn't mustn't neednt needn't never none nope nor not nothing nowhere oughtnt shant shouldnt
    uhuh wasnt werent oughtn't shan't shouldn't uh-uh wasn't weren't without wont wouldnt won't
    wouldn't rarely seldom despite`),
);

/** SPECIAL_CASES: phrases that mean something else than their words. */
export const IDIOMS: ReadonlyMap<string, number> = new Map([
  ['the shit', 3],
  ['the bomb', 3],
  ['bad ass', 1.5],
  ['bus stop', 0],
  ['yeah right', -2],
  ['kiss of death', -1.5],
  ['to die for', 3],
  ['beating heart', 3.1],
  ['broken heart', -2.9],
]);

function listed(words: string): string[] {
  return words.trim().split(/\s+/);
}
