// The analysis of a post: its polarity and its hashtags.

import type { Position } from '../base/position.ts';
import type { PublicPost } from '../base/post.ts';
import { fullText } from './profile/full.ts';
import { originalText } from './profile/original.ts';
import { beforeReplacement, type Replacement } from './replacement.ts';
import type { Rater, Scorer } from './scorer.ts';

export const POLARITIES = ['POSITIVE', 'NEGATIVE', 'NEUTRAL'] as const;
export type Polarity = (typeof POLARITIES)[number];

export const PROFILES = ['full', 'original'] as const;
/** `full` keeps all that carries sentiment; `original` scores text exactly as the first server did. */
export type Profile = (typeof PROFILES)[number];

export interface HashtagCount {
  /** Lower case, without `#`. */
  readonly tag: string;
  readonly count: number;
}

export interface Analysis {
  /** Index into POLARITIES: 0 positive, 1 negative, 2 neutral. */
  readonly polarityIndex: number;
  readonly polarity: Polarity;
  /** VADER's compound, -1 to 1. */
  readonly score: number;
  /** The MAX_HASHTAGS most frequent ones, the most frequent first, then by name. */
  readonly hashtags: readonly HashtagCount[];
  /** Shares of the text, 0 to 1. */
  readonly positive: number;
  readonly neutral: number;
  readonly negative: number;
}

/**
 * `tags` has the hashtags that the source states beside the text, without `#`. `asSent` is the text with its addresses as
 * the source sent them, which the profile `original` reads.
 */
export type Analyze = (text: string, tags?: readonly string[], asSent?: string) => Analysis;

/** A word, smiley or emoji that counts in the score of a text. */
export interface RatedWord {
  /** As it stands in the text. */
  readonly word: string;
  /** VADER's valence of the word after its rules, never 0. */
  readonly valence: number;
}

/** The first MAX_WORDS words that made the score of a text, in the order of the text. */
export type Explain = (text: string) => RatedWord[];

/** An analysis and its post. Immutable, and the same object for every listener. */
export interface SentimentEvent extends Analysis {
  readonly post: PublicPost;
  readonly position: Position;
}

/** Honest posts have fewer distinct hashtags, and every listener gets a copy of them. */
export const MAX_HASHTAGS = 50;

/** A long post has fewer, and an answer is not much longer than its text. */
export const MAX_WORDS = 100;

/** Drops what adding up binary fractions leaves, such as the last digit of 2.2930000000000001. */
const VALENCE_DECIMALS = 9;

/** Above it positive, below its negative value negative, strictly; between them neutral. */
const NEUTRAL_BAND = 0.05;

export function createAnalyzer(profile: Profile, score: Scorer): Analyze {
  const isOriginal = profile === 'original';
  return (text, stated = [], asSent = text) => {
    const { polarityText, tags } = isOriginal ? originalText(asSent) : fullText(text, stated);
    const { compound, positive, neutral, negative } = score(polarityText);
    const polarityIndex = compound > NEUTRAL_BAND ? 0 : compound < -NEUTRAL_BAND ? 1 : 2;
    const polarity = POLARITIES[polarityIndex];
    const hashtags = count(tags);
    return { polarityIndex, polarity, score: compound, hashtags, positive, neutral, negative };
  };
}

/** `rate` finds the words for the scorer of the analyzer. */
export function createExplainer(profile: Profile, rate: Rater): Explain {
  return (text) => {
    const replaced: Replacement[] = [];
    const { polarityText, shownText = polarityText } =
      profile === 'original' ? originalText(text) : fullText(text, [], replaced);
    return beforeReplacement(rate(polarityText, MAX_WORDS), replaced)
      .map(({ start, end, valence }) => ({
        word: shownText.slice(start, end),
        valence: Number(valence.toFixed(VALENCE_DECIMALS)),
      }))
      .filter(({ valence }) => valence !== 0)
      .toArray();
  };
}

/** Most posts have none, and many events are kept. */
const NO_HASHTAGS: readonly HashtagCount[] = [];

function count(tags: readonly string[]): readonly HashtagCount[] {
  if (tags.length === 0) return NO_HASHTAGS;
  const counts = new Map<string, number>();
  for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts]
    .map(([tag, n]) => ({ tag, count: n }))
    .sort((a, b) => b.count - a.count || (a.tag < b.tag ? -1 : 1))
    .slice(0, MAX_HASHTAGS);
}
