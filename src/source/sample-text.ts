// How the sample writes a post: a phrase about a topic, sometimes a tail, sometimes hashtags.

import type { Post } from '../base/post.ts';
import PHRASES from './sample-phrases.json' with { type: 'json' };

type Topic = (typeof PHRASES.topics)[number];
export type Mood = keyof typeof PHRASES.phrases;
/** From 0 up to 1. */
export type Random = () => number;

export const { topics: TOPICS } = PHRASES;

export function pick<T>(choices: readonly T[], random: Random): T {
  return choices[Math.floor(random() * choices.length)] as T;
}

export function write(topic: Topic, mood: Mood, random: Random): Pick<Post, 'text' | 'tags'> {
  const phrase = pick([...PHRASES.phrases[mood], ...topic[mood]], random);
  const name = pick(topic.names, random);
  const sentence = phrase.replaceAll('{}', () =>
    phrase.startsWith('{}') ? capitalized(name) : name,
  );
  const tail = random() < 0.35 ? ` ${pick(PHRASES.tails[mood], random)}` : '';
  const stop = /\w$/.test(sentence) && /^ [A-Z]/.test(tail) ? '.' : '';
  const tags: string[] = topic.hashtags.filter(() => random() < 0.3);
  if (random() < 0.12) tags.push(pick(PHRASES.moodTags[mood], random));
  return { text: [sentence + stop + tail, ...tags].join(' #'), tags };
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** Marsaglia's 32-bit xorshift ("Xorshift RNGs", 2003), scaled to numbers from 0 up to 1. */
export function seeded(seed: number): Random {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
